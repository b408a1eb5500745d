import Basics
import Domain
import Testing

@Suite("Trees") struct TreeTests {
    static func path(_ text: String) throws -> TreePath { try #require(TreePath(text)) }

    static func whole() throws -> [UInt8] {
        var encoder = TreeEncoder()
        var bytes = encoder.start
        bytes += encoder.head(of: TreeEntry(path: try path("a"), kind: .folder))
        bytes += encoder.head(
            of: TreeEntry(path: try path("a/b"), kind: .file(size: 3, isExecutable: true)))
        bytes += [1, 2, 3]
        bytes += encoder.head(of: TreeEntry(path: try path("a/c"), kind: .link(to: "b")))
        bytes += encoder.head(
            of: TreeEntry(path: try path("a!"), kind: .file(size: 0, isExecutable: false)))
        return bytes + encoder.finish()
    }

    static func read(_ bytes: [UInt8], by step: Int = 1 << 20) throws -> [TreeDecoder.Event] {
        var decoder = TreeDecoder()
        var events: [TreeDecoder.Event] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            decoder.append(Array(bytes[start..<min(start + step, bytes.count)]))
            while let event = try decoder.next() { events.append(event) }
        }
        return decoder.isComplete ? events : []
    }

    @Test("What was written is read, in pieces of any size", arguments: [1, 2, 7, 1 << 20])
    func roundTrip(step: Int) throws {
        let events = try Self.read(try Self.whole(), by: step)
        let entries = events.compactMap { event in
            if case .entry(let entry) = event { entry.path.text } else { nil }
        }
        #expect(entries == ["a", "a/b", "a/c", "a!"])
        let content = events.reduce(into: [UInt8]()) { bytes, event in
            if case .content(let piece) = event { bytes += piece }
        }
        #expect(content == [1, 2, 3])
        #expect(events.last == .end)
    }

    /// Heads by hand, so that they can be as wrong as strangers make them.
    static func entry(
        _ kind: Character, _ path: String, size: UInt64 = 0, flag: UInt8 = 0, body: [UInt8] = []
    ) -> [UInt8] {
        let name = Array(path.utf8)
        var bytes =
            Array(String(kind).utf8) + [flag, UInt8(name.count >> 8), UInt8(name.count & 255)]
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: size >> UInt64(shift)))
        }
        return bytes + name + body
    }

    static let hostile: [(String, [UInt8])] = [
        ("a way up", entry("f", "../x")), ("an absolute path", entry("f", "/etc/passwd")),
        ("an empty path", entry("f", "")), ("a dot", entry("d", ".")),
        ("a double slash", entry("d", "a") + entry("f", "a//b")),
        ("a file before its folder", entry("f", "a/b")),
        ("a file in a file", entry("f", "a") + entry("f", "a/b")),
        ("a file behind a link", entry("l", "a", size: 1, body: [0x62]) + entry("f", "a/b")),
        ("the same path twice", entry("f", "a") + entry("f", "a")),
        ("another order", entry("f", "b") + entry("f", "a")),
        ("a folder that was left", entry("d", "a") + entry("d", "b") + entry("f", "a/x")),
        ("a link to the root", entry("l", "a", size: 4, body: Array("/etc".utf8))),
        ("a link that leads out", entry("l", "a", size: 4, body: Array("../b".utf8))),
        (
            "a link through a link and up",
            entry("l", "a", size: 6, body: Array("b/../c".utf8))
        ),
        ("an empty link", entry("l", "a", size: 0)),
        ("a size beyond all bounds", entry("f", "a", size: 1 << 40)),
        ("a negative size", entry("f", "a", size: .max)),
        ("a folder with content", entry("d", "a", size: 1)),
        ("an unknown kind", entry("x", "a")), ("an unknown flag", entry("f", "a", flag: 2)),
        ("a wrong count", entry("f", "a") + entry("e", "", size: 7)),
        ("bytes behind the end", entry("e", "") + [0]),
        ("a zero byte in a name", entry("f", "a\0b")),
    ]

    @Test("A hostile tree is refused", arguments: hostile.map(\.0))
    func refuses(what: String) throws {
        let bytes = try #require(Self.hostile.first { $0.0 == what }).1
        #expect(throws: TreeError.self) {
            _ = try Self.read(TreeFormat.magic + bytes + Self.entry("e", "", size: 1))
        }
    }

    @Test("Bytes that are no text in a name are refused")
    func notText() throws {
        var bytes = Self.entry("f", "ab")
        bytes[bytes.count - 1] = 0xFF
        let tree = TreeFormat.magic + bytes
        #expect(throws: TreeError.self) { _ = try Self.read(tree) }
    }

    @Test("A tree that ends early is not complete, wherever it was cut")
    func cut() throws {
        let whole = try Self.whole()
        for count in 0..<whole.count {
            #expect(try Self.read(Array(whole[..<count])).isEmpty)
        }
    }

    @Test("No flipped byte makes it lead elsewhere or trap")
    func flipped() throws {
        let whole = try Self.whole()
        var refused = 0
        for index in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[index] ^= 1 << bit
                do {
                    for case .entry(let entry) in try Self.read(bytes) {
                        #expect(!entry.path.names.contains(".."))
                        if case .link(let target) = entry.kind {
                            #expect(entry.path.staysInside(to: target))
                        }
                    }
                } catch { refused += 1 }
            }
        }
        #expect(refused > whole.count)
    }
}
