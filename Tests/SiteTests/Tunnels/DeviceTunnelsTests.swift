import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Synchronization
import Testing

@testable import Site

/// Notes what it is asked for, and says what it is told to.
final class TestOpener: TunnelOpener {
    struct Asked: Sendable {
        let device: Device.ID
        let token: String
    }

    let asked = Mailbox<Asked>()
    private let fault: TunnelFault?
    private let closed = Mutex<[Device.ID]>([])

    init(fault: TunnelFault? = nil) { self.fault = fault }

    var ended: [Device.ID] { closed.withLock { $0 } }

    func open(
        _ device: Device.ID, agent: Device.Agent, token: String
    ) async throws(TunnelFault) {
        asked.put(Asked(device: device, token: token))
        if let fault { throw fault }
    }

    func close(_ device: Device.ID, agent: Device.Agent) async {
        closed.withLock { $0.append(device) }
    }
}

/// A stock agent as far as its tunnel goes.
struct ScriptedEditor: Sendable {
    let socket: WebSocket

    func next() async throws -> JSONValue? {
        guard case .text(let text)? = try await socket.receive() else { return nil }
        return try JSONReader.read(Array(text.utf8))
    }

    func answer(_ id: Int64, _ status: Int, _ body: String) async throws {
        let numbers = Array(body.utf8).map { "\($0)" }.joined(separator: ",")
        try await socket.send(
            #"{"id":\#(id),"status":\#(status),"headers":{"content-type":"text/plain"},"#
                + #""body":{"type":"Buffer","data":[\#(numbers)]}}"#)
    }
}

@Suite("Tunnels of devices", .timeLimit(.minutes(10))) struct DeviceTunnelsTests {
    private struct House: Sendable {
        let door: DoorHouse
        let opener: TestOpener
        let tunnels: DeviceTunnels

        init(fault: TunnelFault? = nil) throws {
            let opener = TestOpener(fault: fault)
            let shared = Shared()
            door = try DoorHouse { request in
                guard let tunnels = shared.hands.withLock({ $0 }),
                    let token = request.target.segments.last
                else { return .empty(503) }
                return .webSocket(protocol: nil) { socket in
                    if let proven = shared.proven(request) {
                        await tunnels.serve(socket, of: proven, from: "127.0.0.1")
                    } else if let device = Device.ID(request.target.segments[0]) {
                        await tunnels.serve(stock: socket, token: token, of: device)
                    }
                }
            }
            shared.door.withLock { [door] in $0 = door.door }
            self.opener = opener
            tunnels = DeviceTunnels(
                opener: opener, door: door.door, loop: door.group.loops[0])
            shared.hands.withLock { [tunnels] in $0 = tunnels }
        }

        final class Shared: Sendable {
            let hands = Mutex<DeviceTunnels?>(nil)
            let door = Mutex<DeviceDoor?>(nil)
            func proven(_ request: Request) -> ProvenDevice? {
                door.withLock { $0 }?.device(of: request.peer.client)
            }
        }

        func come(_ made: DoorHouse.Made?, _ path: String) async throws -> WebSocket {
            let tls = try door.tls(made?.identity, made == nil ? "http/1.1" : "lineside-http/1")
            return try await HTTPClient(group: door.clients).webSocket(
                path, to: .tls(host: "127.0.0.1", port: UInt16(door.port), tls))
        }
    }

    @Test("A device is asked once, however many wait, and the newest that comes counts")
    func asked() async throws {
        let house = try House()
        let made = try house.door.device()
        let waiting = (0..<3).map { _ in
            Task { try await house.tunnels.line(to: made.id, agent: .lineside) }
        }
        let asked = try #require(await house.opener.asked.take())
        #expect(asked.device == made.id)
        let tunnels = house.tunnels
        #expect(tunnels.welcome(made.id, .lineside, token: asked.token) == .expected)
        #expect(tunnels.welcome(made.id, .lineside, token: "other") == .wrongToken)
        #expect(tunnels.welcome(made.id, .stock, token: asked.token) == .notExpected)
        #expect(tunnels.welcome(.random(), .lineside, token: asked.token) == .notExpected)
        let first = try await house.come(made, "/\(asked.token)")
        for each in waiting {
            guard case .stream = try await each.value else {
                Issue.record("a tunnel of another kind")
                return
            }
        }
        let second = try await house.come(made, "/\(asked.token)")
        #expect(try await first.receive() == nil)
        #expect(first.closeReceived?.code == 1001)
        #expect(tunnels.count == 1)
        await tunnels.end(made.id)
        #expect(try await second.receive() == nil)
        #expect(house.opener.ended == [made.id])
        #expect(tunnels.welcome(made.id, .lineside, token: asked.token) == .notExpected)
        await house.door.end()
    }

    @Test("A tunnel ends with the certificate that it was opened with")
    func revoked() async throws {
        let house = try House()
        let made = try house.door.device()
        let waiting = Task { try await house.tunnels.line(to: made.id, agent: .lineside) }
        let asked = try #require(await house.opener.asked.take())
        let socket = try await house.come(made, "/\(asked.token)")
        _ = try await waiting.value
        #expect(house.door.door.count == 1)
        house.door.identities.revoke(made.serial)
        house.door.door.review()
        #expect(try await socket.receive() == nil)
        await until { house.tunnels.count == 0 && house.door.door.count == 0 }
        await house.door.end()
    }

    @Test("Who cannot be asked is offline, and who does not come is given up")
    func absent() async throws {
        let offline = try House(fault: .offline)
        await #expect(throws: TunnelFault.offline) {
            _ = try await offline.tunnels.line(to: .random(), agent: .lineside)
        }
        await offline.door.end()
        let house = try House()
        let waiting = Task { try await house.tunnels.line(to: .random(), agent: .stock) }
        #expect(await house.opener.asked.take()?.token.hasPrefix("ffde_") == true)
        let ended = Mutex(false)
        let watching = Task {
            _ = await waiting.result
            ended.withLock { $0 = true }
        }
        await until {
            house.door.clock.advance(by: .seconds(5))
            return ended.withLock { $0 }
        }
        await watching.value
        await #expect(throws: TunnelFault.timedOut) { _ = try await waiting.value }
        await house.door.end()
    }

    @Test("A stock agent answers requests in its own way, and an end leaves nobody waiting")
    func stock() async throws {
        let house = try House()
        let id = Device.ID.random()
        let waiting = Task { try await house.tunnels.line(to: id, agent: .stock) }
        let asked = try #require(await house.opener.asked.take())
        let agent = ScriptedEditor(
            socket: try await house.come(nil, "/\(id)/\(asked.token)"))
        guard case .stock(let tunnel) = try await waiting.value else {
            Issue.record("a tunnel of another kind")
            return
        }
        async let answering = tunnel.send(
            "POST", "/flows", headers: [("a", "b")], body: #"{"x":1}"#)
        let request = try #require(try await agent.next())
        #expect(request["method"]?.string == "POST")
        #expect(request["body"]?.string == #"{"x":1}"#)
        let number = try #require(request["id"]?.int)
        // An answer to nothing is nobody's.
        try await agent.answer(number + 5, 200, "lost")
        try await agent.answer(number, 200, "<!doctype html>")
        let answer = await answering
        #expect(answer?.status == 200)
        #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == "<!doctype html>")
        async let last = tunnel.send("GET", "/settings", headers: [], body: nil)
        _ = try await agent.next()
        agent.socket.abort()
        #expect(await last == nil)
        await until { house.tunnels.count == 0 }
        await house.door.end()
    }

    @Test("The editor's socket is logged in by us, and nothing is said before it is in")
    func stockSocket() async throws {
        let house = try House()
        let id = Device.ID.random()
        let waiting = Task { try await house.tunnels.line(to: id, agent: .stock) }
        let asked = try #require(await house.opener.asked.take())
        let agent = ScriptedEditor(
            socket: try await house.come(nil, "/\(id)/\(asked.token)"))
        guard case .stock(let tunnel) = try await waiting.value else { return }
        let joined = HTTPServer(group: house.door.group)
        let port = try joined.listen(.tcp(host: "127.0.0.1", port: 0)) { _ in
            .webSocket(protocol: nil) { await tunnel.join($0, url: "/comms") }
        }
        let browser = try await HTTPClient(group: house.door.clients).webSocket(
            "/", to: .tcp(host: "127.0.0.1", port: UInt16(port)))
        let open = try #require(try await agent.next())
        #expect(open["url"]?.string == "/comms")
        let number = try #require(open["id"]?.int)
        #expect(try await agent.next()?["body"]?.string == #"{"auth":"tunnel"}"#)
        try await browser.send(#"{"auth":"a token of the browser's"}"#)
        #expect(try await browser.receive() == .text(#"{"auth":"ok"}"#))
        try await browser.send(#"{"subscribe":"notification/#"}"#)
        try await agent.socket.send(
            #"{"id":\#(number),"ws":true,"body":"{\"auth\":\"ok\"}"}"#)
        #expect(try await agent.next()?["body"]?.string == #"{"subscribe":"notification/#"}"#)
        try await agent.socket.send(#"{"id":\#(number),"ws":true,"body":"[1]"}"#)
        #expect(try await browser.receive() == .text("[1]"))
        browser.close()
        #expect(try await agent.next()?["closed"]?.bool == true)
        #expect(tunnel.isUsed == false)
        await joined.drain(deadline: .zero)
        await house.door.end()
    }
}
