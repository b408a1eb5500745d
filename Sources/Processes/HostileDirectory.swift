package import Basics
import CLinux
import Glibc

/// A directory in which strangers write. Nothing in it is followed, waited for or believed: paths
/// stay below it, no link of any kind is taken, only regular files are opened, and every size has
/// a bound.
package struct HostileDirectory: ~Copyable, Sendable {
    let directory: FileDescriptor
    let path: String

    /// - Parameter path: where it lies; up to here the path is the appliance's own.
    package init(_ path: String) throws(SystemError) {
        guard
            let directory = FileDescriptor(
                owning: Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        else { throw SystemError("open \(path)") }
        self.directory = directory
        self.path = path
    }

    init(directory: consuming FileDescriptor, path: String) {
        self.directory = directory
        self.path = path
    }

    /// - Throws: `ELOOP` or `EXDEV` for a link or a way out, `EFTYPE`-like `EINVAL` for anything
    ///   but a regular file, `EMLINK` for one that also has a name elsewhere.
    package func open(
        _ name: String, _ flags: Int32 = O_RDONLY, mode: UInt32 = 0o600
    ) throws(SystemError) -> FileDescriptor {
        let mode = flags & O_CREAT != 0 ? mode : 0
        // O_NONBLOCK: opening a pipe that somebody put there must not wait for its other end.
        let raw = clinux_open_beneath(
            directory.raw, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)
        guard let file = FileDescriptor(owning: raw) else {
            throw SystemError("open \(path)/\(name)")
        }
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("stat \(path)/\(name)") }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("open \(path)/\(name)", code: EINVAL)
        }
        guard information.st_nlink <= 1 else {
            throw SystemError("open \(path)/\(name)", code: EMLINK)
        }
        return file
    }

    /// - Throws: `EFBIG` for a larger file.
    package func read(_ name: String, limit: ByteCount) throws(SystemError) -> [UInt8] {
        try Files.read(open(name), "\(path)/\(name)", limit: limit)
    }

    /// Names in it, sorted, `limit` at most.
    package func list(_ below: String = ".", limit: Int) throws(SystemError) -> [String] {
        let raw = clinux_open_beneath(
            directory.raw, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard raw >= 0 else { throw SystemError("open \(path)/\(below)") }
        guard let stream = fdopendir(raw) else {
            close(raw)
            throw SystemError("open \(path)/\(below)")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Either the old bytes or the new ones are there after a power cut; a link of that name is
    /// replaced, not followed. Only in the directory itself.
    package func replace(_ name: String, with bytes: [UInt8], mode: UInt32 = 0o640)
        throws(SystemError)
    {
        let temporary = "\(name).lineside-tmp"
        try remove(temporary)
        do throws(SystemError) {
            let file = try open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            try Files.write(bytes, to: file, "\(path)/\(name)")
            guard fsync(file.raw) == 0,
                renameat(directory.raw, temporary, directory.raw, name) == 0,
                fsync(directory.raw) == 0
            else { throw SystemError("replace \(path)/\(name)") }
        } catch {
            try? remove(temporary)
            throw error
        }
    }

    /// One name in the directory itself. What is gone already is fine.
    package func remove(_ name: String) throws(SystemError) {
        guard !name.utf8.contains(UInt8(ascii: "/")) else {
            throw SystemError("remove \(path)/\(name)", code: EINVAL)
        }
        guard unlinkat(directory.raw, name, 0) == 0 || errno == ENOENT else {
            throw SystemError("remove \(path)/\(name)")
        }
    }
}

extension FileDescriptor {
    /// Gives the disk blocks of the first `length` bytes back; the file keeps its size, and the
    /// part reads as zeros. Where the file system cannot, nothing happens.
    package borrowing func freePrefix(_ length: Int64) { _ = clinux_punch_hole(raw, 0, length) }
}
