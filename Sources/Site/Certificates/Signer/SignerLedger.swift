package import Basics
import Glibc

/// What is left of the signer's allowances, in a file, so that whoever can make the signer start
/// again does not get all of them anew. Written before each signature, not synced: it is to survive
/// a kill; after a power cut a few signatures are given back. What passed while nothing ran is not
/// counted, so that no clock can be set to fill them.
package struct SignerLedger: ~Copyable, Sendable {
    private let path: String
    private let file: FileDescriptor

    package init(path: String) throws(SystemError) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        guard let file = FileDescriptor(owning: open(path, flags, 0o600)) else {
            throw SystemError("open \(path)")
        }
        self.path = path
        self.file = file
    }

    /// - Returns: `nil` for a new one. What cannot be read counts as used up.
    package func read(count: Int) throws(SystemError) -> [Int]? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let length = pread(file.raw, &bytes, bytes.count, 0)
        guard length >= 0 else { throw SystemError("read \(path)") }
        guard length > 0 else { return nil }
        let line = String(decoding: bytes[..<length].prefix { $0 != 10 }, as: UTF8.self)
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == count, numbers.allSatisfy({ $0 >= 0 }) else {
            return [Int](repeating: 0, count: count)
        }
        return numbers
    }

    package func write(_ left: [Int]) throws(SystemError) {
        var line = left.map { String($0) }.joined(separator: " ")
        // Of one length, so that nothing of a longer one stays behind it.
        line += String(repeating: " ", count: max(0, 63 - line.utf8.count)) + "\n"
        let bytes = Array(line.utf8)
        guard pwrite(file.raw, bytes, bytes.count, 0) == bytes.count else {
            throw SystemError("write \(path)")
        }
    }
}
