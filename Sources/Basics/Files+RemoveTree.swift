import Glibc

extension Files {
    /// Removes a tree without following links, whatever a stranger does in it meanwhile. What is
    /// gone already is fine; a failure leaves what was not removed yet.
    ///
    /// Works by descriptors, and moves each directory that it finds up to the top: neither a path
    /// longer than `PATH_MAX` nor a depth of a million can be in the way.
    /// - Parameter path: up to here it is the appliance's own.
    package static func removeTree(_ path: String) throws(SystemError) {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("stat \(path)")
        }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)") }
            return
        }
        do {
            guard let top = openDirectory(at: AT_FDCWD, FileName(path)) else {
                if errno == ENOENT { return }
                throw SystemError("open \(path)")
            }
            while try removeOnce(top, path) {}
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)") }
    }

    /// Takes all out of `top` that is there now; what lay in its directories lies in it afterwards.
    /// - Returns: whether there was anything.
    private static func removeOnce(
        _ top: borrowing FileDescriptor, _ path: String
    ) throws(SystemError) -> Bool {
        let names = try names(in: top, path)
        for name in names {
            if unlinkat(top.raw, name.letters, 0) == 0 || errno == ENOENT { continue }
            // EISDIR on Linux, EPERM where POSIX is followed.
            guard errno == EISDIR || errno == EPERM else {
                throw SystemError("remove \(path)/\(name.text)")
            }
            if unlinkat(top.raw, name.letters, AT_REMOVEDIR) == 0 || errno == ENOENT { continue }
            guard errno == ENOTEMPTY || errno == EEXIST || errno == EACCES,
                let directory = openDirectory(at: top.raw, name)
            else { throw SystemError("remove \(path)/\(name.text)") }
            try empty(directory, into: top, "\(path)/\(name.text)")
            guard
                unlinkat(top.raw, name.letters, AT_REMOVEDIR) == 0
                    || [ENOENT, ENOTEMPTY, EEXIST].contains(errno)
            else { throw SystemError("remove \(path)/\(name.text)") }
        }
        return !names.isEmpty
    }

    private static func empty(
        _ directory: borrowing FileDescriptor, into top: borrowing FileDescriptor, _ path: String
    ) throws(SystemError) {
        for name in try names(in: directory, path) {
            if unlinkat(directory.raw, name.letters, 0) == 0 || errno == ENOENT { continue }
            if unlinkat(directory.raw, name.letters, AT_REMOVEDIR) == 0 { continue }
            // Its own `..` changes, so it must be writable itself.
            _ = openDirectory(at: directory.raw, name)
            let aside = ".removed-\(Randomness.text(count: 16, from: .lowercaseAlphanumerics))"
            guard renameat(directory.raw, name.letters, top.raw, aside) == 0 || errno == ENOENT
            else {
                throw SystemError("remove \(path)/\(name.text)")
            }
        }
    }

    /// Opened without following a link, and made readable and writable first where it was not.
    private static func openDirectory(at parent: Int32, _ name: FileName) -> FileDescriptor? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        if let directory = FileDescriptor(owning: openat(parent, name.letters, flags)) {
            fchmod(directory.raw, 0o700)
            return directory
        }
        guard errno == EACCES else { return nil }
        // Unreadable, so nothing of it can be opened but its name; a link's own mode is not changed.
        guard fchmodat(parent, name.letters, 0o700, 0) == 0 else { return nil }
        return FileDescriptor(owning: openat(parent, name.letters, flags))
    }

    private static func names(
        in directory: borrowing FileDescriptor, _ path: String
    ) throws(SystemError) -> [FileName] {
        // A second descriptor with a place of its own: the stream closes it.
        let raw = openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open \(path)") }
        guard let stream = fdopendir(raw) else {
            close(raw)
            throw SystemError("open \(path)")
        }
        defer { closedir(stream) }
        var names: [FileName] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { FileName($0) }
            }
            if !name.isOwn { names.append(name) }
        }
        return names
    }
}

/// A name as the file system has it: any bytes, not always UTF-8. A name that was repaired on the
/// way would name nothing.
private struct FileName {
    /// With the zero at the end.
    let letters: [CChar]

    init(_ name: UnsafePointer<CChar>) {
        letters = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
    }

    init(_ name: String) { letters = Array(name.utf8CString) }

    /// `.` and `..`
    var isOwn: Bool {
        let dot = CChar(bitPattern: UInt8(ascii: "."))
        return letters == [dot, 0] || letters == [dot, dot, 0]
    }

    var text: String {
        String(decoding: letters.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
