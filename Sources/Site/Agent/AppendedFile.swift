import Basics
import Glibc

/// A file that only grows. Nothing is synced: a power cut costs the last lines of a log.
struct AppendedFile: ~Copyable {
    private let file: FileDescriptor
    private let path: String
    let size: Int

    init(_ path: String) throws(SystemError) {
        guard
            let file = FileDescriptor(
                owning: open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600))
        else { throw SystemError("open \(path)") }
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("read \(path)") }
        size = Int(information.st_size)
        self.file = file
        self.path = path
    }

    func append(_ bytes: [UInt8]) throws(SystemError) { try Files.write(bytes, to: file, path) }
}
