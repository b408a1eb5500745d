import Glibc

/// A file descriptor with one owner; closed when it goes.
package struct FileDescriptor: ~Copyable, Sendable {
    package let raw: Int32

    package init?(owning raw: Int32) {
        guard raw >= 0 else { return nil }
        self.raw = raw
    }

    deinit { close(raw) }

    /// Gives the descriptor away, open.
    package consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }
}
