package import Basics
import Glibc

/// The signer's own record: a JSON line for each thing that it was asked, on the disk before the
/// answer leaves. Only the signer writes it, and it cannot grow without end.
package struct SignerJournal: ~Copyable, Sendable {
    /// 4 MiB make some 15,000 signatures.
    static let limit = 4 << 20
    /// `signer.log.1` is the youngest of the old ones.
    static let kept = 4
    /// Refusals a minute that get a line of their own: a flood must not turn the file over.
    static let refusals = 20

    private let path: String
    private let clock: @Sendable () -> Timestamp
    private var file: FileDescriptor
    private var size: Int
    private var minute: Int64 = 0
    private var refused = 0
    private var unwritten = 0

    package init(
        path: String, clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws(SystemError) {
        let opened = try Self.open(path)
        let length = try Self.size(of: opened, path)
        self.path = path
        self.clock = clock
        file = opened
        size = length
    }

    private static func open(_ path: String) throws(SystemError) -> FileDescriptor {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        guard let file = FileDescriptor(owning: Glibc.open(path, flags, 0o600)) else {
            throw SystemError("open \(path)")
        }
        return file
    }

    private static func size(
        of file: borrowing FileDescriptor, _ path: String
    ) throws(SystemError) -> Int {
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("read \(path)") }
        return Int(information.st_size)
    }

    /// - Throws: then nothing may be signed.
    package mutating func record(_ fields: [(String, String)]) throws(SystemError) {
        if size >= Self.limit { try rotate() }
        var json = JSONWriter()
        json.object { json in
            json.field("at", clock())
            if unwritten > 0 { json.field("refusalsNotWritten", unwritten) }
            for (name, value) in fields { json.field(name, value) }
        }
        try write(json.bytes + [UInt8(ascii: "\n")])
        unwritten = 0
    }

    /// Never fails: what was refused is refused.
    package mutating func refuse(_ fields: [(String, String)]) {
        let now = clock().milliseconds / 60_000
        if now != minute { (minute, refused) = (now, 0) }
        refused += 1
        guard refused <= Self.refusals else {
            unwritten += 1
            return
        }
        try? record(fields)
    }

    private mutating func write(_ line: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try Files.write(line, to: file, path)
            guard fdatasync(file.raw) == 0 else { throw SystemError("sync \(path)") }
        } catch {
            // Half a line would spoil the next one.
            _ = ftruncate(file.raw, off_t(size))
            throw error
        }
        size += line.count
    }

    private mutating func rotate() throws(SystemError) {
        for number in stride(from: Self.kept - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        guard rename(path, "\(path).1") == 0 else { throw SystemError("rename \(path)") }
        file = try Self.open(path)
        size = 0
    }
}
