import Basics
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Unpacker") struct UnpackerTests {
    let directory: TemporaryDirectory
    let target: String

    init() throws {
        directory = try TemporaryDirectory()
        target = "\(directory.path)/target"
        try Files.makeDirectory(target)
    }

    @discardableResult
    func unpack(
        _ bytes: [UInt8], gzip: Bool = false, limits: UnpackLimits = UnpackLimits()
    ) throws -> UnpackFault? {
        let path = try archive(bytes, in: directory, gzip: gzip)
        guard let file = FileDescriptor(owning: open(path, O_RDONLY)),
            let place = FileDescriptor(owning: open(target, O_RDONLY | O_DIRECTORY))
        else { throw SystemError("open") }
        var unpacker = Unpacker(directory: place.raw, limits: limits)
        do throws(UnpackFault) { try unpacker.unpack(file.raw) } catch { return error }
        return nil
    }

    func refusal(of bytes: [UInt8], gzip: Bool = false) throws -> String {
        guard case .refused(let sentence)? = try unpack(bytes, gzip: gzip) else { return "" }
        return sentence
    }

    func mode(_ path: String) -> UInt32 {
        var information = stat()
        return lstat("\(target)/\(path)", &information) == 0 ? information.st_mode : 0
    }

    @Test(
        "Files and folders come out with their content and with plain modes",
        arguments: [
            false, true,
        ])
    func unpacks(gzip: Bool) throws {
        umask(0o022)
        var tar = TarBuilder()
        tar.add("package/", type: "5", mode: 0o7777)
        tar.add("./package/lib/ü/größe.js", "x = 1")
        tar.add("package/bin/run", "#!/bin/sh", mode: 0o6755)
        let long = "package/" + String(repeating: "long/", count: 40) + "end"
        tar.add(long, "far")
        #expect(try unpack(tar.finished, gzip: gzip) == nil)
        #expect(try Files.read("\(target)/package/lib/ü/größe.js") == Array("x = 1".utf8))
        #expect(try Files.read("\(target)/\(long)") == Array("far".utf8))
        #expect(mode("package/bin/run") == S_IFREG | 0o755)
        #expect(mode("package/lib/ü/größe.js") == S_IFREG | 0o644)
        #expect(mode("package") == S_IFDIR | 0o755)
    }

    @Test(
        "Links, devices and pipes are refused",
        arguments: [
            ("1", "package/red.js"), ("2", "/etc/passwd"), ("3", ""), ("4", ""), ("6", ""),
        ])
    func special(type: String, link: String) throws {
        var tar = TarBuilder.nodeRED()
        tar.add("package/x", type: Character(type), link: link)
        #expect(try refusal(of: tar.finished).contains("link, device or pipe (package/x)"))
        #expect(mode("package/x") == 0)
    }

    @Test("A link and then a file through it changes nothing outside")
    func throughLink() throws {
        let outside = "\(directory.path)/outside"
        try Files.makeDirectory(outside)
        var tar = TarBuilder()
        tar.add("a", type: "2", link: outside)
        tar.add("a/b", "gotcha")
        #expect(try !refusal(of: tar.finished).isEmpty)
        #expect(try Files.list(outside).isEmpty)
    }

    @Test("A link that lies there already is not followed")
    func waitingLink() throws {
        let outside = "\(directory.path)/outside"
        try Files.makeDirectory(outside)
        #expect(symlink(outside, "\(target)/a") == 0)
        var tar = TarBuilder()
        tar.add("a/b", "gotcha")
        #expect(try unpack(tar.finished) != nil)
        #expect(try Files.list(outside).isEmpty)
    }

    @Test(
        "Names that lead elsewhere or hide are refused",
        arguments: [
            ("/etc/cron.d/x", "absolute"), ("../x", "leads out"), ("a/../../x", "leads out"),
            ("a/..", "leads out"), ("a\nb", "control"), ("a\u{1B}[31m", "control"),
            (String(repeating: "a", count: 256), "255 bytes"),
            (String(repeating: "a/", count: 2100) + "x", "4095 bytes"),
            (String(repeating: "a/", count: 65) + "x", "64 deep"),
        ])
    func names(name: String, reason: String) throws {
        var tar = TarBuilder()
        tar.add(name, "gotcha")
        #expect(try refusal(of: tar.finished).contains(reason))
        #expect(try Files.list(target).isEmpty)
    }

    @Test("One path twice is refused, and so is a file where a folder is")
    func twice() throws {
        var tar = TarBuilder()
        tar.add("a", "1")
        tar.add("a", "2")
        #expect(try refusal(of: tar.finished).contains("one path twice (a)"))
        #expect(try Files.read("\(target)/a") == [0x31])
        var other = TarBuilder()
        other.add("b/c", "1")
        other.add("b", "2")
        #expect(try refusal(of: other.finished).contains("one path twice (b)"))
        var third = TarBuilder()
        third.add("d", "1")
        third.add("d/e", "2")
        #expect(try refusal(of: third.finished).contains("one path twice (d)"))
    }

    @Test("Names that differ by case only are two files, or a refusal where the disk says so")
    func collisions() throws {
        var tar = TarBuilder()
        tar.add("README.md", "upper")
        tar.add("readme.md", "lower")
        if let fault = try unpack(tar.finished) {
            #expect(fault == .refused("The archive holds one path twice (readme.md)."))
        } else {
            #expect(try Files.read("\(target)/README.md") == Array("upper".utf8))
            #expect(try Files.read("\(target)/readme.md") == Array("lower".utf8))
        }
    }

    @Test("Caps on bytes, files and one file's size hold, whatever the header claims")
    func caps() throws {
        var limits = UnpackLimits()
        limits.fileBytes = 100_000
        limits.totalBytes = 250_000
        limits.files = 10
        var one = TarBuilder()
        one.add("a", content: [UInt8](repeating: 1, count: 100_001))
        #expect("\(try #require(try unpack(one.finished, limits: limits)))".contains("a file of"))
        var all = TarBuilder()
        for name in ["b", "c", "d"] {
            all.add(name, content: [UInt8](repeating: 1, count: 90_000))
        }
        #expect("\(try #require(try unpack(all.finished, limits: limits)))".contains("unpacks to"))
        var many = TarBuilder()
        for number in 0..<11 { many.add("e\(number)") }
        #expect("\(try #require(try unpack(many.finished, limits: limits)))".contains("10 files"))
        limits.written = 5
        var few = TarBuilder()
        for number in 0..<6 { few.add("f\(number)") }
        #expect("\(try #require(try unpack(few.finished, limits: limits)))".contains("5 files"))
    }

    @Test("A bomb is refused long before it is unpacked")
    func bomb() throws {
        var tar = TarBuilder()
        tar.add("zeros", content: [UInt8](repeating: 0, count: 64 << 20))
        #expect(try refusal(of: tar.finished, gzip: true).contains("200 times"))
        var information = stat()
        #expect(stat("\(target)/zeros", &information) == 0)
        #expect(information.st_size < 16 << 20)
    }

    @Test("A cut or foreign archive is refused", arguments: [1, 9, 100, 700, 1500])
    func truncated(bytes: Int) throws {
        var tar = TarBuilder()
        tar.add("a", content: Randomness.bytes(4000))
        let path = try archive(tar.finished, in: directory, gzip: true)
        let whole = try Files.read(path)
        #expect(try !refusal(of: Array(whole.prefix(bytes))).isEmpty)
    }

    @Test("A plain tar that is cut in the middle of a file is refused")
    func cutPlain() throws {
        var tar = TarBuilder()
        tar.add("a", content: Randomness.bytes(4000))
        #expect(try !refusal(of: Array(tar.finished.prefix(2000))).isEmpty)
    }

    @Test(
        "What is no archive is refused",
        arguments: [
            "", "PK\u{3}\u{4}", "#!/bin/sh\nrm -rf /\n", "{\"name\":\"node-red\"}",
        ])
    func foreign(text: String) throws {
        #expect(try !refusal(of: Array(text.utf8)).isEmpty)
        #expect(try !refusal(of: Array(text.utf8) + [UInt8](repeating: 7, count: 4096)).isEmpty)
        #expect(try Files.list(target).isEmpty)
    }

    @Test("Random damage never writes outside and never crashes", arguments: 0..<40)
    func damage(round: Int) throws {
        var tar = TarBuilder.nodeRED()
        tar.add("package/a/b/c", content: Randomness.bytes(3000))
        var bytes = tar.finished
        for place in Randomness.bytes(24) {
            bytes[(Int(place) * 97 + round * 31) % bytes.count] = UInt8(truncatingIfNeeded: round)
        }
        _ = try unpack(bytes)
        #expect(
            try Files.list(directory.path).allSatisfy { $0 == "target" || $0.hasPrefix("arch") })
    }
}
