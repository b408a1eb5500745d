import Basics
import Domain
import LinesideTesting
import Testing

@testable import Site

@Suite("Commands that come twice")
struct CommandMemoryTests {
    private let directory: TemporaryDirectory
    private let paths: AgentPaths

    init() throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths(directory.path)
        try paths.makeDirectories()
    }

    @Test("are answered and not done, by the next agent too")
    func twice() {
        let command = AgentCommand(order: .restart, at: .now())
        var memory = CommandMemory(paths)
        #expect(memory.begin(command) == nil)
        #expect(memory.begin(command) == .some(nil))
        memory.end(AgentReply(command.id))
        var next = CommandMemory(paths)
        #expect(next.begin(command) == .some(AgentReply(command.id)))
    }

    @Test("and that were interrupted are not begun again without a word")
    func interrupted() throws {
        let command = AgentCommand(order: .capture, at: .now())
        var memory = CommandMemory(paths)
        #expect(memory.begin(command) == nil)
        var next = CommandMemory(paths)
        let reply = try #require(next.begin(command) ?? nil)
        #expect(reply.refusal?.code == "interrupted")
    }

    @Test("and only say how something shall be are done again, and wear out no disk")
    func state() {
        let command = AgentCommand(order: .watch(seconds: 60), at: .now())
        var memory = CommandMemory(paths)
        #expect(memory.begin(command) == nil)
        #expect(!Files.exists(paths.commands))
        var next = CommandMemory(paths)
        #expect(next.begin(command) == nil)
    }

    @Test("are remembered to a bound, and a file of rubbish is none")
    func bound() throws {
        var memory = CommandMemory(paths)
        let first = AgentCommand(order: .stop, at: .now())
        #expect(memory.begin(first) == nil)
        for _ in 0..<256 { #expect(memory.begin(.init(order: .stop, at: .now())) == nil) }
        #expect(memory.begin(first) == nil)
        try Files.replace(paths.commands, with: Array("rubbish".utf8))
        try Files.replace("\(paths.commands).2", with: [])
        var next = CommandMemory(paths)
        #expect(next.begin(first) == nil)
    }
}
