import Basics
import CLinux
import Glibc
import Synchronization

/// The vault's directory on the real file system.
final class DirectoryDisk: VaultDisk {
    private let root: String
    /// Open since before the first write: `syncfs` tells of a write that failed only to those who
    /// had the file system open then.
    private let fileSystem = Mutex<FileDescriptor?>(nil)

    init(_ root: String) { self.root = root }

    private func full(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    func read(_ path: String, limit: ByteCount) throws(SystemError) -> [UInt8] {
        let file = try open(path)
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("look at \(path)") }
        let size = Int(information.st_size)
        guard size <= limit.bytes else { throw SystemError("read \(path)", code: EFBIG) }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Glibc.read(file.raw, buffer.baseAddress.map { $0 + count }, size - count)
                if got == 0 { return }
                if got < 0 {
                    if errno == EINTR { continue }
                    failure = errno
                    return
                }
                count += got
            }
        }
        guard failure == 0 else { throw SystemError("read \(path)", code: failure) }
        return bytes
    }

    func open(_ path: String) throws(SystemError) -> FileDescriptor {
        let file = FileDescriptor(owning: Glibc.open(full(path), O_RDONLY | O_CLOEXEC))
        guard let file else { throw SystemError("open \(full(path))") }
        return file
    }

    func create(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        guard
            let file = FileDescriptor(
                owning: Glibc.open(full(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400))
        else { throw SystemError("create \(full(path))") }
        try Files.write(bytes, to: file, full(path))
    }

    func sync(_ path: String) throws(SystemError) {
        let file = try open(path)
        guard fsync(file.raw) == 0 else { throw SystemError("sync \(full(path))") }
    }

    func syncAll() throws(SystemError) {
        let code = try withFileSystem { file in clinux_sync_file_system(file) == 0 ? 0 : errno }
        guard code == 0 else { throw SystemError("sync \(root)", code: code) }
    }

    private func withFileSystem(_ body: (Int32) -> Int32) throws(SystemError) -> Int32 {
        let code: Int32? = fileSystem.withLock { file in
            if file == nil {
                file = FileDescriptor(owning: Glibc.open(root, O_RDONLY | O_CLOEXEC))
            }
            guard let raw = file?.raw else { return nil }
            return body(raw)
        }
        guard let code else { throw SystemError("open \(root)") }
        return code
    }

    func move(_ path: String, to target: String) throws(SystemError) {
        guard rename(full(path), full(target)) == 0 else {
            throw SystemError("rename \(full(path))")
        }
    }

    func remove(_ path: String) throws(SystemError) {
        guard unlink(full(path)) == 0 || errno == ENOENT else {
            throw SystemError("remove \(full(path))")
        }
    }

    func exists(_ path: String) -> Bool { Files.exists(full(path)) }

    func makeDirectory(_ path: String) throws(SystemError) {
        try Files.makeDirectory(full(path))
        if path.isEmpty { _ = try withFileSystem { _ in 0 } }
    }

    func each(
        in path: String, _ body: (_ name: String, _ size: Int, _ blocks: Int) -> Void
    ) throws(SystemError) {
        guard let directory = opendir(full(path)) else {
            if errno == ENOENT { return }
            throw SystemError("open \(full(path))")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var information = stat()
            guard fstatat(dirfd(directory), name, &information, AT_SYMLINK_NOFOLLOW) == 0,
                information.st_mode & S_IFMT == S_IFREG
            else { continue }
            body(name, Int(information.st_size), Int(information.st_blocks) * 512)
        }
    }
}
