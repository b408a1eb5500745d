import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Testing

@testable import Site

@Suite("MQTT in a WebSocket", .timeLimit(.minutes(10))) struct WebSocketDoorTests {
    private func client(
        _ house: DoorHouse, _ extra: Headers = Headers(), path: String = "/"
    ) async throws -> WebSocket {
        let upstream = Upstream.tls(
            host: "127.0.0.1", port: UInt16(house.port), try house.tls(nil, "http/1.1"))
        return try await HTTPClient(group: house.clients).webSocket(
            path, headers: extra, protocols: ["mqtt"], to: upstream)
    }

    @Test("A CONNECT goes on as it came, however it is cut, and answers come back as messages")
    func passes() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let socket = try await client(house)
        let packet = Packets.connect("device:a:b:n", user: "device:a:b", password: "p", level: 5)
        for byte in packet.prefix(5) { try await socket.send(binary: [byte]) }
        try await socket.send(binary: Array(packet.dropFirst(5)) + [0xC0, 0])
        let broker = try #require(await taken.take())
        let seen = await broker.recorded()
        #expect(
            await seen.wait { $0.count >= packet.count + 2 }.bytes == packet + [0xC0, 0])
        await broker.send([0x20, 3, 0, 0, 0])
        let answer = try await socket.receive()
        #expect(answer == .binary([0x20, 3, 0, 0, 0]))
        socket.ping()
        // A message of megabytes is passed on as it comes.
        let much = [UInt8](repeating: 3, count: 5_000_000)
        try await socket.send(binary: much)
        #expect(await seen.wait { $0.count == packet.count + 2 + much.count }.closed == false)
        // The broker ends it.
        await broker.loop.run { broker.close() }
        #expect(try await socket.receive() == nil)
        #expect(socket.closeReceived?.code == 1000)
        #expect(socket.pongCount == 1)
        await listener.stop()
        await house.end()
    }

    @Test("Topics of FlowFuse's MQTT nodes stand under their team's at the broker")
    func mounted() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let user = "mq:remote:\(house.team):d"
        let socket = try await client(house)
        let packet = Packets.connect(user, user: user, password: "p")
        // Together with the CONNECT, and later.
        try await socket.send(
            binary: packet + Packets.packet(0x82, [0, 1] + Packets.field("a/#") + [0]))
        let broker = try #require(await taken.take())
        let seen = await broker.recorded()
        let asked =
            packet
            + Packets.packet(0x82, [0, 1] + Packets.field("ff/v1/\(house.team)/c/a/#") + [0])
        #expect(await seen.wait { $0.count >= asked.count }.bytes == asked)
        await broker.send(Packets.packet(0x30, Packets.field("ff/v1/\(house.team)/c/a/b") + [7]))
        #expect(
            try await socket.receive()
                == .binary(Packets.packet(0x30, Packets.field("a/b") + [7])))
        try await socket.send(binary: Packets.packet(0x30, Packets.field("c") + [8]))
        let said = Packets.packet(0x30, Packets.field("ff/v1/\(house.team)/c/c") + [8])
        #expect(
            await seen.wait { $0.count >= asked.count + said.count }.bytes == asked + said)
        // No MQTT: it ends at both ends.
        try await socket.send(binary: [0x30, 1, 0])
        _ = await seen.wait { $0.readEnded || $0.closed }
        await listener.stop()
        await house.end()
    }

    @Test("An end of the client's ends it at the broker's")
    func clientEnds() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        for byGoodbye in [true, false] {
            let socket = try await client(house)
            try await socket.send(binary: Packets.connect("a", user: "a"))
            let broker = try #require(await taken.take())
            let seen = await broker.recorded()
            if byGoodbye { socket.close() } else { socket.abort() }
            _ = await seen.wait { $0.readEnded || $0.closed }
        }
        await listener.stop()
        await house.end()
    }

    @Test("Text, noise and pages of other origins get nowhere")
    func refused() async throws {
        let house = try DoorHouse()
        let (listener, _) = try house.broker()
        let text = try await client(house)
        try await text.send("hello")
        #expect(try await text.receive() == nil)
        #expect(text.closeReceived?.code == 1003)
        let noise = try await client(house)
        try await noise.send(binary: [0x30, 0])
        #expect(try await noise.receive() == nil)
        await #expect(throws: ClientFault.notUpgraded(status: 403)) {
            try await client(house, [Header.origin: "https://evil"])
        }
        await #expect(throws: ClientFault.notUpgraded(status: 404)) {
            try await client(house, path: "/mqtt")
        }
        let own = try await client(house, [Header.origin: "https://plant:8443"])
        own.close()
        await listener.stop()
        await house.end()
    }
}
