import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Testing

@Suite("Live socket", .timeLimit(.minutes(10))) struct LiveRoutesTests {
    /// The house behind a real socket, and one who connects to it.
    /// - Parameter headers: those of the administrator's token where there are none.
    private func withSocket(
        _ headers: Headers? = nil, _ body: (InstanceHouse, WebSocket) async throws -> Void
    ) async throws {
        let house = try await InstanceHouse()
        let group = try EventLoopGroup(options: .standing)
        let server = HTTPServer(group: group) { _, _, _ in .empty(502) }
        let dispatcher = house.house.dispatcher
        let port = try server.listen(.tcp(host: "127.0.0.1", port: 0), tls: nil) {
            await dispatcher.answer($0)
        }
        var all = headers ?? Headers(house.admin.headers)
        all[Header.host] = "plant:8443"
        let socket = try await HTTPClient(group: group).webSocket(
            "/api/v1/live", headers: all,
            to: .tcp(host: "127.0.0.1", port: UInt16(port)))
        try await body(house, socket)
        socket.close()
        await server.drain(deadline: .zero)
        await group.shutdown()
        await house.end()
    }

    private func next(_ socket: WebSocket) async throws -> JSONValue {
        guard case .text(let text)? = try await socket.receive() else { return .null }
        return try JSONReader.read(Array(text.utf8))
    }

    @Test("Who listens to alarms hears of a new one")
    func alarms() async throws {
        try await withSocket { house, socket in
            #expect(try await next(socket)["hello"]?["build"]?.string == "1")
            try await socket.send(#"{"subscribe":"alarms"}"#)
            // Answers come in the order of the questions: the first one stands when this comes.
            try await socket.send(#"{"subscribe":"nothing"}"#)
            let refused = try await next(socket)
            #expect(refused["topic"]?.string == "nothing" && refused["error"] != nil)
            let raiser = AlarmRaiser(stores: house.house.stores, bus: house.house.bus)
            let running = Task { await raiser.run() }
            defer { running.cancel() }
            raiser.raise(.siteClock, "Set the clock.")
            let news = try await next(socket)
            #expect(news["topic"]?.string == "alarms")
            #expect(news["data"]?["text"]?.string == "Set the clock.")
        }
    }

    @Test(
        "Who may let devices in, or see the broker, hears when to look again",
        arguments: ["enrolments", "broker"])
    func lookAgain(topic: String) async throws {
        try await withSocket { house, socket in
            _ = try await next(socket)
            try await socket.send(#"{"subscribe":"\#(topic)"}"#)
            try await socket.send(#"{"subscribe":"nothing"}"#)
            #expect(try await next(socket)["topic"]?.string == "nothing")
            house.house.bus.publish(topic: topic, payload: Array("{}".utf8))
            let news = try await next(socket)
            #expect(news["topic"]?.string == topic && news["error"] == nil)
        }
    }

    @Test("A topic of an instance that one may not see is not there")
    func hidden() async throws {
        try await withSocket { _, socket in
            _ = try await next(socket)
            try await socket.send(#"{"subscribe":"instance/aaaaaaaaaaaaaaaaaaaa/log"}"#)
            #expect(try await next(socket)["error"]?["status"] == 404)
        }
    }

    @Test("A page of another origin is refused before the socket is one")
    func foreign() async throws {
        await #expect(throws: ClientFault.notUpgraded(status: 403)) {
            try await withSocket([Header.origin: "https://plant:8445"]) { _, _ in }
        }
    }
}
