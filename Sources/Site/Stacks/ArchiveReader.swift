import CArchive

/// A tar archive, plain or gzip-compressed, or a zip, read from front to back.
struct ArchiveReader: ~Copyable {
    struct Entry {
        enum Kind { case file, directory, other }
        /// `nil` where the name is not UTF-8.
        let path: String?
        let kind: Kind
        let size: Int64?
        let isExecutable: Bool
    }

    private let raw: UnsafeMutableRawPointer

    /// `nil` where libarchive is not installed. The descriptor stays the caller's.
    init?(descriptor: Int32, zip: Bool) {
        guard carchive_load() == 1, let raw = carchive_open(descriptor, zip ? 1 : 0) else {
            return nil
        }
        self.raw = raw
    }

    deinit { carchive_close(raw) }

    /// `nil` at the end.
    mutating func next() throws(UnpackFault) -> Entry? {
        var entry = carchive_entry()
        switch carchive_next(raw, &entry) {
        case 0: return nil
        case 1:
            let kind: Entry.Kind =
                switch entry.kind {
                case CARCHIVE_FILE: .file
                case CARCHIVE_DIRECTORY: .directory
                default: .other
                }
            return Entry(
                path: entry.path.flatMap { String(validatingCString: $0) }, kind: kind,
                size: entry.size < 0 ? nil : entry.size, isExecutable: entry.mode & 0o111 != 0)
        default: throw unreadable()
        }
    }

    /// The number of bytes read into the buffer; 0 at the end of the entry.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnpackFault) -> Int {
        let count = carchive_read(raw, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw unreadable() }
        return count
    }

    /// Bytes of the archive that were taken so far.
    var consumed: Int64 { carchive_bytes_in(raw) }
    /// What they became when they were decompressed.
    var produced: Int64 { carchive_bytes_out(raw) }

    private func unreadable() -> UnpackFault {
        let reason = String(cString: carchive_error(raw))
        return .refused("The archive is damaged or of another kind (\(reason)).")
    }
}
