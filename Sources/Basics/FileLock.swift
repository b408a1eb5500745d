import Glibc

/// An flock on a file, held as long as this value, or a child that inherits the descriptor, lives.
/// The kernel lets go of it when the process dies, however it dies.
package struct FileLock: ~Copyable, Sendable {
    package let file: FileDescriptor

    /// Makes the file where it is missing, and never removes it: two processes could then hold
    /// locks on two files of one name.
    /// - Returns: `nil` while somebody else holds it.
    package static func take(_ path: String) throws(SystemError) -> FileLock? {
        guard
            let file = FileDescriptor(
                owning: open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600))
        else { throw SystemError("open \(path)") }
        while flock(file.raw, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return nil
            default: throw SystemError("lock \(path)")
            }
        }
        return FileLock(file: file)
    }

    private init(file: consuming FileDescriptor) { self.file = file }
}
