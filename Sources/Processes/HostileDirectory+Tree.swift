package import Basics
import CLinux
import Glibc

/// Directories in it, and what is done with single names. A name is one part of a path: what holds
/// a slash, or is `.` or `..`, is refused.
extension HostileDirectory {
    /// A directory below, through no link.
    package func directory(_ below: String) throws(SystemError) -> HostileDirectory {
        let raw = clinux_open_beneath(
            directory.raw, below.isEmpty ? "." : below, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard let found = FileDescriptor(owning: raw) else {
            throw SystemError("open \(path)/\(below)")
        }
        return HostileDirectory(directory: found, path: "\(path)/\(below)")
    }

    /// The thing of that name itself, be it a link.
    package func entry(_ name: String) throws(SystemError) -> HostileEntry {
        try checkName(name)
        var information = stat()
        guard fstatat(directory.raw, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError("stat \(path)/\(name)")
        }
        return HostileEntry(information)
    }

    /// Hands on each name in no order, `nil` for one that is not UTF-8.
    /// - Parameter limit: names that are looked at.
    /// - Returns: whether that was all of them.
    package func forEachName(
        limit: Int, _ take: (String?, HostileEntry.Kind) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        // A descriptor with a place of its own: the stream closes it.
        let raw = openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open \(path)") }
        guard let stream = fdopendir(raw) else {
            close(raw)
            throw SystemError("open \(path)")
        }
        defer { closedir(stream) }
        var seen = 0
        while let entry = readdir(stream) {
            let (name, isOwn) = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { letters in
                    (
                        String(validatingCString: letters),
                        strcmp(letters, ".") == 0 || strcmp(letters, "..") == 0
                    )
                }
            }
            if isOwn { continue }
            seen += 1
            guard seen <= limit else { return false }
            try take(name, kind(entry.pointee.d_type, name))
        }
        return true
    }

    private func kind(_ type: UInt8, _ name: String?) -> HostileEntry.Kind {
        switch Int(type) {
        case Int(DT_REG): .file
        case Int(DT_DIR): .folder
        // Not every file system says it here.
        case Int(DT_UNKNOWN): name.flatMap { try? entry($0).kind } ?? .other
        default: .other
        }
    }

    /// - Parameter mode: whatever the umask says.
    /// - Throws: `EEXIST` for anything of that name.
    package func makeDirectory(_ name: String, mode: UInt32 = 0o2770) throws(SystemError) {
        try checkName(name)
        guard mkdirat(directory.raw, name, 0o700) == 0 else {
            throw SystemError("mkdir \(path)/\(name)")
        }
        let made = try self.directory(name)
        guard fchmod(made.directory.raw, mode) == 0 else {
            throw SystemError("chmod \(path)/\(name)")
        }
    }

    /// Moves a name from here into another directory of the same file system. Both stand after a
    /// power cut as before or as after it.
    /// - Parameter replacing: a file or a link of that name; else whatever is there is `EEXIST`.
    package func move(
        _ name: String, to other: borrowing HostileDirectory, as target: String, replacing: Bool
    ) throws(SystemError) {
        try checkName(name)
        try checkName(target)
        let result =
            replacing
            ? renameat(directory.raw, name, other.directory.raw, target)
            : clinux_rename_new(directory.raw, name, other.directory.raw, target)
        guard result == 0 else {
            throw SystemError("rename \(path)/\(name) to \(other.path)/\(target)")
        }
        guard fsync(other.directory.raw) == 0, fsync(directory.raw) == 0 else {
            throw SystemError("sync \(path)")
        }
    }

    /// Makes a link, which nothing here ever follows.
    /// - Throws: `EEXIST` for anything of that name.
    package func makeLink(_ name: String, to target: String) throws(SystemError) {
        try checkName(name)
        guard symlinkat(target, directory.raw, name) == 0 else {
            throw SystemError("link \(path)/\(name)")
        }
    }

    /// Where a link leads, as it is written there; `nil` for what is none, or longer than `limit`.
    package func link(_ name: String, limit: Int = 1_024) -> String? {
        var letters = [CChar](repeating: 0, count: limit + 1)
        let count = readlinkat(directory.raw, name, &letters, letters.count)
        guard count > 0, count <= limit else { return nil }
        return String(
            validating: letters[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// All that was written on its file system before is on the disk then.
    package func syncFileSystem() throws(SystemError) {
        guard clinux_sync_file_system(directory.raw) == 0 else { throw SystemError("sync \(path)") }
    }

    /// Lets the owner write in a directory that may forbid it. A link is left alone.
    package func makeWritable(_ name: String) throws(SystemError) {
        guard clinux_chmod_directory(directory.raw, name, 0o2770) == 0 else {
            throw SystemError("chmod \(path)/\(name)")
        }
    }

    private func checkName(_ name: String) throws(SystemError) {
        guard !name.isEmpty, name != ".", name != "..",
            !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
        else { throw SystemError("use \(path)/\(name)", code: EINVAL) }
    }
}

extension FileDescriptor {
    /// Up to `count` bytes from there; fewer where the file ends.
    package borrowing func read(
        at offset: Int64, count: Int, _ name: String
    ) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = buffer.withUnsafeMutableBytes { buffer in
                pread(
                    raw, buffer.baseAddress.map { $0 + filled }, count - filled,
                    off_t(offset) + off_t(filled))
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw SystemError("read \(name)")
            }
            filled += got
        }
        buffer.removeLast(count - filled)
        return buffer
    }
}
