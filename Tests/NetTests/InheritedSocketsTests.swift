import Glibc
import LinesideTesting
import Testing

@testable import Net

@Suite("Inherited sockets", .timeLimit(.minutes(10))) struct InheritedSocketsTests {
    private func parse(_ process: String?, _ count: String?, _ names: String?) -> [String] {
        InheritedSockets.parse(process: process, count: count, names: names, ours: 42)
            .map { "\($0.name)=\($0.descriptor)" }
    }

    @Test("Names and numbers are the service manager's")
    func names() {
        #expect(parse("42", "2", "https:editors") == ["https=3", "editors=4"])
        #expect(parse("42", "2", "https") == ["https=3", "unknown=4"])
        #expect(parse("42", "1", nil) == ["unknown=3"])
    }

    @Test("What is meant for another process, or makes no sense, is none")
    func none() {
        #expect(parse("41", "1", "https") == [])
        #expect(parse(nil, "1", nil) == [])
        #expect(parse("42", nil, nil) == [])
        #expect(parse("42", "0", nil) == [])
        #expect(parse("42", "-1", nil) == [])
        #expect(parse("42", "99999999", nil) == [])
    }

    @Test("A socket that somebody else opened serves")
    func serves() async throws {
        let group = try EventLoopGroup(options: .standing)
        let given = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits()
        ) { _ in }
        // Never started: only its socket is wanted.
        let accepted = Mailbox<any ByteChannel>()
        let listener = try Listener(
            .descriptor(dup(given.descriptor)), loops: group.loops, limits: ConnectionLimits()
        ) { accepted.put($0) }
        listener.start()
        #expect(listener.port == given.port)
        let client = try await group.next().connect(
            to: .tcp(host: "127.0.0.1", port: listener.port))
        #expect(await accepted.take()?.peer.port != nil)
        await group.loops[0].run { client.abort(.aborted) }
        await listener.stop()
        await group.shutdown()
    }
}
