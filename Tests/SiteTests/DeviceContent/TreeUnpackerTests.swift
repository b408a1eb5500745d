import Basics
import Domain
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Trees on the disk") struct TreeUnpackerTests {
    let directory: TemporaryDirectory
    var source: String { "\(directory.path)/source" }
    var target: String { "\(directory.path)/below/target" }

    init() throws {
        directory = try TemporaryDirectory()
        try put("node_modules/a/index.js", "one")
        try put("node_modules/a/big", String(repeating: "0123456789", count: 60_000))
        try put("node_modules/a/run", "#!/bin/sh\n", mode: 0o755)
        try Files.makeDirectory("\(source)/node_modules/.bin")
        symlink("../a/run", "\(source)/node_modules/.bin/run")
        symlink("/etc/passwd", "\(source)/node_modules/out")
        symlink("../../../up", "\(source)/node_modules/up")
        try Files.makeDirectory("\(source)/empty")
    }

    func put(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
        try Files.makeDirectory(Files.parent(of: "\(source)/\(path)"))
        try Files.replace("\(source)/\(path)", with: Array(text.utf8), mode: mode)
    }

    func packed() throws -> [UInt8] {
        var packer = try TreePacker(source)
        var bytes: [UInt8] = []
        while let piece = try packer.next() { bytes += piece }
        return bytes
    }

    /// - Returns: files that were written.
    @discardableResult
    func unpack(_ bytes: [UInt8], cutAt end: Int? = nil) throws -> Int {
        var unpacker = try TreeUnpacker(into: target)
        let bytes = end.map { Array(bytes.prefix($0)) } ?? bytes
        for start in stride(from: 0, to: bytes.count, by: 10_000) {
            try unpacker.append(Array(bytes[start..<min(start + 10_000, bytes.count)]))
        }
        if end == nil { try unpacker.finish() }
        return unpacker.written
    }

    func isWhole() throws -> Bool {
        var packer = try TreePacker(target)
        var bytes: [UInt8] = []
        while let piece = try packer.next() { bytes += piece }
        return bytes == (try packed())
    }

    @Test("A directory comes back as it was, without what leads out of it")
    func roundTrip() throws {
        try unpack(try packed())
        #expect(try isWhole())
        #expect(access("\(target)/node_modules/a/run", X_OK) == 0)
        #expect(access("\(target)/node_modules/.bin/run", X_OK) == 0)
        #expect(!Files.exists("\(target)/node_modules/out"))
        #expect(Files.isDirectory("\(target)/empty"))
    }

    @Test("Whoever made it, the same files give the same bytes")
    func deterministic() throws {
        let first = try packed()
        try put("node_modules/a/later", "x")
        unlink("\(source)/node_modules/a/later")
        try put("node_modules/a/index.js", "one")
        #expect(try packed() == first)
    }

    @Test("What is there already is not written again; what was changed is")
    func again() throws {
        let bytes = try packed()
        #expect(try unpack(bytes) == 3)
        #expect(try unpack(bytes) == 0)
        try Files.replace("\(target)/node_modules/a/index.js", with: Array("two".utf8))
        #expect(try unpack(bytes) == 1)
        #expect(try isWhole())
    }

    @Test("An unpacking that ended anywhere goes on", arguments: [20, 60, 5_000, 300_000, 600_090])
    func resumes(end: Int) throws {
        let bytes = try packed()
        try unpack(bytes, cutAt: end)
        try unpack(bytes)
        #expect(try isWhole())
    }

    @Test("What does not belong there is taken away, and no link leads the writer out")
    func replaces() throws {
        let outside = "\(directory.path)/outside"
        try Files.makeDirectory(outside)
        try Files.replace("\(outside)/index.js", with: Array("mine".utf8))
        try Files.makeDirectory("\(target)/node_modules")
        symlink(outside, "\(target)/node_modules/a")
        try Files.makeDirectory("\(target)/stale/deep")
        try Files.replace("\(target)/empty", with: [1])
        link("\(outside)/index.js", "\(target)/node_modules/second")
        try unpack(try packed())
        #expect(try isWhole())
        #expect(try Files.read("\(outside)/index.js") == Array("mine".utf8))
        #expect(!Files.exists("\(target)/stale"))
    }

    @Test("A tree that ends early or grows too large is not taken")
    func refused() throws {
        let bytes = try packed()
        #expect(throws: TreeUnpackFault.unfinished) {
            var unpacker = try TreeUnpacker(into: target)
            try unpacker.append(Array(bytes.dropLast(3)))
            try unpacker.finish()
        }
        #expect(throws: TreeUnpackFault.tooLarge(ByteCount(1_000))) {
            var unpacker = try TreeUnpacker(into: target, limit: ByteCount(1_000))
            try unpacker.append(bytes)
        }
    }
}
