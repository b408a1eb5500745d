import Glibc

/// Files of the appliance's own, in directories that only it writes. What strangers can write is
/// read through `Processes.HostileDirectory`.
package enum Files {
    /// - Parameter limit: bytes; a larger file is refused with `EFBIG`.
    package static func read(
        _ path: String, limit: ByteCount = .mebibytes(64)
    ) throws(SystemError) -> [UInt8] {
        guard let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC)) else {
            throw SystemError("open \(path)")
        }
        return try read(file, path, limit: limit)
    }

    /// From where the descriptor stands to the end.
    package static func read(
        _ file: borrowing FileDescriptor, _ name: String, limit: ByteCount
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file.raw, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read \(name)")
            }
            bytes.append(contentsOf: buffer[0..<count])
            guard bytes.count <= limit.bytes else { throw SystemError("read \(name)", code: EFBIG) }
        }
    }

    /// What comes next, at most 256 KiB; empty at the end.
    package static func readPiece(
        _ file: borrowing FileDescriptor, _ name: String
    ) throws(SystemError) -> [UInt8] {
        let most = 262_144
        let raw = file.raw
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            while true {
                let result = Glibc.read(raw, buffer.baseAddress, most)
                if result < 0, errno == EINTR { continue }
                if result < 0 { failure = errno }
                count = max(0, result)
                return
            }
        }
        guard failure == 0 else { throw SystemError("read \(name)", code: failure) }
        return bytes
    }

    /// For files that need not fit into memory: hands on up to 256 KiB at a time.
    package static func readPieces(
        _ path: String, _ take: (ArraySlice<UInt8>) throws(SystemError) -> Void
    ) throws(SystemError) {
        guard let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC)) else {
            throw SystemError("open \(path)")
        }
        var buffer = [UInt8](repeating: 0, count: 262_144)
        while true {
            let count = Glibc.read(file.raw, &buffer, buffer.count)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read \(path)")
            }
            try take(buffer[0..<count])
        }
    }

    package static func write(
        _ bytes: [UInt8], to file: borrowing FileDescriptor, _ name: String
    ) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    file.raw, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write \(name)")
            }
            written += count
        }
    }

    /// Either the old bytes or the new ones are there after a power cut: written beside it, synced,
    /// renamed, and the directory synced. A failure leaves the old file.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600
    ) throws(SystemError) {
        let temporary = "\(path).\(Randomness.text(count: 8, from: .lowercaseAlphanumerics)).tmp"
        guard
            let file = FileDescriptor(
                owning: open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode))
        else { throw SystemError("create \(temporary)") }
        do throws(SystemError) {
            try write(bytes, to: file, temporary)
            guard fsync(file.raw) == 0 else { throw SystemError("sync \(temporary)") }
            guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncDirectory(parent(of: path))
    }

    package static func syncDirectory(_ path: String) throws(SystemError) {
        guard let directory = FileDescriptor(owning: open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        else { throw SystemError("open \(path)") }
        guard fsync(directory.raw) == 0 else { throw SystemError("sync \(path)") }
    }

    /// Makes the directory and what is missing above it; one that is there already is fine.
    package static func makeDirectory(
        _ path: String, mode: UInt32 = 0o700
    ) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        if errno == EEXIST, isDirectory(path) { return }
        guard errno == ENOENT, parent(of: path) != path else { throw SystemError("mkdir \(path)") }
        try makeDirectory(parent(of: path), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("mkdir \(path)") }
    }

    /// Removes a file for good; one that is not there is fine.
    package static func removeIfThere(_ path: String) throws(SystemError) {
        if unlink(path) == 0 { return try syncDirectory(parent(of: path)) }
        guard errno == ENOENT else { throw SystemError("remove \(path)") }
    }

    /// `nil` for what is not there.
    package static func modified(_ path: String) -> Timestamp? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(information.st_mtim.tv_sec) * 1000)
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Names without `.` and `..`, sorted. A directory that is not there is empty.
    package static func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return [] }
            throw SystemError("open \(path)")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
