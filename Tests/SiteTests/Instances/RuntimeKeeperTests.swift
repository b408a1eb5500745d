import Basics
import LinesideTesting
import Testing

@testable import Site

@Suite("JavaScript of former versions") struct RuntimeKeeperTests {
    let directory: TemporaryDirectory
    let keeper: RuntimeKeeper

    init() throws {
        directory = try TemporaryDirectory()
        keeper = RuntimeKeeper(state: directory.path, processes: "\(directory.path)/proc")
        for name in ["old", "used", "now", ".incoming-cut"] {
            try Files.makeDirectory("\(directory.path)/runtime/\(name)/node-red")
        }
        try process(1, "/sbin/init")
        try Files.makeDirectory("\(directory.path)/proc/sys")
    }

    func process(_ id: Int, _ words: String...) throws {
        try Files.makeDirectory("\(directory.path)/proc/\(id)")
        try Files.replace(
            "\(directory.path)/proc/\(id)/cmdline", with: Array(words.joined(separator: "\0").utf8))
    }

    var left: [String] { (try? Files.list("\(directory.path)/runtime").sorted()) ?? [] }
    var now: String { "\(directory.path)/runtime/now" }

    @Test("What no process was started with goes; what an adopted one loads, and our own, stay")
    func removes() async throws {
        try process(
            77, "node", "red.js", "--settings",
            "\(directory.path)/runtime/used/node-red/settings.js")
        #expect(try await keeper.tidy(current: now) == 2)
        #expect(left == ["now", "used"])
        try Files.removeTree("\(directory.path)/proc/77")
        #expect(try await keeper.tidy(current: now) == 1)
        #expect(left == ["now"])
    }

    @Test("Where processes of others are hidden all stay")
    func hidden() async throws {
        try Files.removeTree("\(directory.path)/proc/1")
        #expect(try await keeper.tidy(current: now) == 0)
        #expect(left.count == 4)
    }
}
