import Basics
import LinesideTesting
import Synchronization
import Testing

@testable import Site

@Suite("A machine that says not now")
struct AgentLeaseTests {
    private let directory: TemporaryDirectory
    private let paths: AgentPaths

    init() throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths(directory.path)
        try paths.makeDirectories()
        try Files.makeDirectory(paths.files)
    }

    private func write(_ text: String) throws {
        try Files.replace(paths.lease, with: Array(text.utf8))
    }

    /// Both clocks go on by so much.
    private static func refusal(_ lease: AgentLease, after time: Duration) -> AgentLease.Refusal? {
        lease.refusal(now: .now() + time, at: .now + time)
    }

    @Test("a lease ends by itself, and rubbish in its place is none")
    func file() throws {
        let lease = AgentLease(paths)
        #expect(lease.refusal() == nil)
        try write(#"{"busy":true,"seconds":9}"#)
        #expect(lease.refusal() != nil)
        #expect(Self.refusal(lease, after: .seconds(11)) == nil)
        try write(#"{"busy":true,"seconds":9999}"#)
        #expect(Self.refusal(lease, after: .seconds(50)) != nil)
        #expect(Self.refusal(lease, after: .seconds(62)) == nil)
        for text in ["", "[]", "{", #"{"busy":"yes"}"#] {
            try write(text)
            #expect(lease.refusal() == nil)
        }
    }

    @Test(
        "a clock that is set neither ends a lease nor makes it last for ever",
        arguments: [50, -50])
    func clock(years: Int) throws {
        let lease = AgentLease(paths)
        try write(#"{"busy":true,"seconds":30}"#)
        #expect(lease.refusal() != nil)
        let jump = Duration.seconds(years * 365 * 86_400)
        #expect(lease.refusal(now: .now() + jump, at: .now + .seconds(5)) != nil)
        #expect(
            lease.refusal(now: .now() + jump + .seconds(40), at: .now + .seconds(40)) == nil)
    }

    @Test("several say it under names of their own, and all must be ready")
    func names() throws {
        let lease = AgentLease(paths)
        let calls = Mutex(0)
        lease.whenChanged { calls.withLock { $0 += 1 } }
        #expect(lease.hold("press", "closed", seconds: 30))
        #expect(lease.hold("press", "closed", seconds: 60))
        #expect(lease.hold("oven", "hot", seconds: 10))
        #expect(calls.withLock { $0 } == 2)
        #expect(Self.refusal(lease, after: .seconds(20))?.reason == "closed")
        lease.release("press")
        #expect(lease.refusal()?.reason == "hot")
        lease.release("oven")
        #expect(lease.refusal() == nil)
        #expect(calls.withLock { $0 } == 4)
        for number in 0..<16 { #expect(lease.hold("\(number)", "", seconds: 60)) }
        #expect(!lease.hold("one more", "", seconds: 60))
    }

    @Test("an agent that is started anew gives who held a lease the time to say it again")
    func restart() throws {
        #expect(AgentLease(paths).hold("press", "closed", seconds: 1))
        let next = AgentLease(paths)
        #expect(next.refusal()?.reason == "closed")
        #expect(Self.refusal(next, after: .seconds(61)) == nil)
        next.release("press")
        #expect(AgentLease(paths).refusal() == nil)
    }
}
