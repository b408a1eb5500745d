import Basics
import Glibc
import LinesideTesting
import Site
import Store
import Testing

@Suite("Log tail") final class LogTailTests {
    private let directory: TemporaryDirectory
    private var path: String { "\(directory.path)/out.log" }

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ text: String) throws {
        guard
            let file = FileDescriptor(
                owning: open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600))
        else { throw SystemError("open") }
        try Files.write(Array(text.utf8), to: file, path)
    }

    private func lines(_ tail: inout LogTail, final: Bool = false) throws -> [String] {
        var lines: [String] = []
        while let batch = try tail.read(final: final) {
            lines += batch.lines.map { String(decoding: $0, as: UTF8.self) }
        }
        return lines
    }

    @Test("An unfinished line waits for its end, or for the end of the process")
    func unfinished() throws {
        try write("one\ntw")
        var tail = try LogTail(directory: directory.path, from: nil)
        let first = try lines(&tail)
        try write("o\nthree")
        let second = try lines(&tail)
        let last = try lines(&tail, final: true)
        #expect(first == ["one"] && second == ["two"] && last == ["three"])
    }

    @Test("It goes on where it was left, and begins anew in another file")
    func position() throws {
        try write("one\n")
        var tail = try LogTail(directory: directory.path, from: nil)
        let position = try #require(try tail.read()?.position)
        try write("two\n")
        var next = try LogTail(directory: directory.path, from: position)
        let more = try lines(&next)
        #expect(more == ["two"])
        unlink(path)
        try write("new\n")
        var other = try LogTail(
            directory: directory.path,
            // 0 is no file's; any other number might be what the new one got.
            from: LogPosition(inode: 0, offset: position.offset))
        let fresh = try lines(&other)
        #expect(fresh == ["new"])
    }

    @Test("A file that somebody emptied is read from its beginning")
    func emptied() throws {
        try write("a long first line\n")
        var tail = try LogTail(directory: directory.path, from: nil)
        _ = try lines(&tail)
        truncate(path, 0)
        try write("new\n")
        let fresh = try lines(&tail)
        #expect(fresh == ["new"])
    }

    @Test("A line without an end is taken in parts")
    func endless() throws {
        try write(String(repeating: "x", count: 200_000))
        var tail = try LogTail(directory: directory.path, from: nil)
        let parts = try lines(&tail)
        #expect(!parts.isEmpty && parts.allSatisfy { $0.utf8.count <= LogLine.maximumBytes })
    }

    @Test("What was taken over is given back to the disk, and what follows stays")
    func holes() throws {
        let line = String(repeating: "x", count: 1023) + "\n"
        try write(String(repeating: line, count: 4096))
        var tail = try LogTail(directory: directory.path, from: nil)
        var position = LogPosition(inode: 0, offset: 0)
        while let batch = try tail.read() { position = batch.position }
        tail.free(upTo: position)
        try write("after\n")
        let after = try lines(&tail)
        #expect(after == ["after"])
        var information = stat()
        stat(path, &information)
        #expect(information.st_size == 4096 * 1024 + 6)
        #expect(information.st_blocks * 512 < 64 << 10)
        // A store that forgot the place gets no line of zeros.
        var forgetful = try LogTail(directory: directory.path, from: nil)
        let again = try lines(&forgetful)
        #expect(again == ["after"])
    }

    @Test("A backlog that nobody can read through is passed over and counted")
    func backlog() throws {
        try write("first\n")
        truncate(path, Int(LogTail.maximumBacklog) * 2)
        try write("\nlast\n")
        var tail = try LogTail(directory: directory.path, from: nil)
        let batch = try #require(try tail.read())
        #expect(batch.skipped > LogTail.maximumBacklog)
        let rest = try lines(&tail)
        #expect(rest.last == "last")
    }

    @Test("A link in the place of the file is not followed")
    func link() throws {
        let key = "\(directory.path)/key"
        try Files.replace(key, with: Array("secret".utf8))
        symlink(key, path)
        #expect(throws: SystemError.self) {
            _ = try LogTail(directory: directory.path, from: nil)
        }
    }
}
