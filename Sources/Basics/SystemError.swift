import Glibc

/// A call of the operating system that failed.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: Int32
    /// What was tried, with the path: "open /var/lib/lineside/lineside.db".
    package let action: String

    package init(_ action: String, code: Int32 = errno) {
        self.code = code
        self.action = action
    }

    package var isMissing: Bool { code == ENOENT }
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    /// "open …: No space left on device"
    package var description: String { "\(action): \(String(cString: strerror(code)))" }
}
