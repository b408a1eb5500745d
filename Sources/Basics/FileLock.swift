import Glibc

/// An flock on a file, held as long as this value, or a child that inherits the descriptor, lives.
/// The kernel lets go of it when the process dies, however it dies.
package struct FileLock: ~Copyable, Sendable {
    package let file: FileDescriptor

    /// Makes the file where it is missing, and never removes it: two processes could then hold
    /// locks on two files of one name.
    /// - Parameter patience: how long to wait for it, blocking. A process that was killed leaves it
    ///   to a child that it was just about to start, for some milliseconds.
    /// - Returns: `nil` while somebody else holds it.
    package static func take(
        _ path: String, patience: Duration = .zero
    ) throws(SystemError) -> FileLock? {
        let end = ContinuousClock.now + patience
        guard
            let file = FileDescriptor(
                owning: open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600))
        else { throw SystemError("open \(path)") }
        while flock(file.raw, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK:
                guard ContinuousClock.now < end else { return nil }
                usleep(20_000)
            default: throw SystemError("lock \(path)")
            }
        }
        return FileLock(file: file)
    }

    private init(file: consuming FileDescriptor) { self.file = file }
}
