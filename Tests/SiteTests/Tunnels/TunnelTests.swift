import Basics
import HTTP
import LinesideTesting
import Net
import Synchronization
import Testing

@testable import Site

/// A tunnel over loopback: the appliance's end, the device's end, and a server on the device.
struct TunnelHouse: Sendable {
    let group: EventLoopGroup
    let server: HTTPServer
    let nodeRED: HTTPServer
    let client: HTTPClient
    let tunnel: Tunnel
    let deviceSocket: WebSocket
    let serving: Task<Void, Never>
    let clock: LoopClock
    private final class Shared: Sendable {
        let port = Mutex<UInt16?>(nil)
    }

    let upstream: Upstream
    private let shared: Shared

    init(
        device: Bool = true, handler: @escaping Handler
    ) async throws {
        var options = EventLoop.Options.standing
        clock = options.clock
        options.log = Log("net") { _, _ in }
        let group = try EventLoopGroup(options: options)
        self.group = group
        let shared = Shared()
        self.shared = shared
        let client = HTTPClient(group: group)
        self.client = client
        let proxy = Proxy(client: client)
        nodeRED = HTTPServer(group: group) { request, upstream, policy in
            await proxy.forward(request, to: upstream, policy: policy)
        }
        let inner = try nodeRED.listen(.tcp(host: "127.0.0.1", port: 0), handler: handler)
        shared.port.withLock { $0 = UInt16(inner) }
        let made = Mailbox<Tunnel>()
        server = HTTPServer(group: group)
        let loop = group.loops[0]
        let outer = try server.listen(.tcp(host: "127.0.0.1", port: 0)) { _ in
            .webSocket(protocol: nil) { socket in
                let tunnel = Tunnel(socket, loop: loop)
                made.put(tunnel)
                await tunnel.run()
            }
        }
        let socket = try await client.webSocket(
            "/", to: .tcp(host: "127.0.0.1", port: UInt16(outer)))
        deviceSocket = socket
        serving = Task {
            guard device else { return }
            await Tunnel(
                socket, loop: loop,
                connect: TunnelResponder.connect(on: loop) { shared.port.withLock { $0 } }
            ).run()
        }
        guard let tunnel = await made.take() else { throw NetError.aborted }
        self.tunnel = tunnel
        upstream = tunnel.upstream("device")
    }

    func nodeREDStops() { shared.port.withLock { $0 = nil } }

    func end() async {
        tunnel.close()
        deviceSocket.abort()
        await serving.value
        await server.drain(deadline: .zero)
        await nodeRED.drain(deadline: .zero)
        await group.shutdown()
    }
}

@Suite("Tunnel", .timeLimit(.minutes(10))) struct TunnelTests {
    @Test("Requests go through it, over one kept connection, with their bodies")
    func requests() async throws {
        let house = try await TunnelHouse { request in
            let body = (try? await request.body.collect(upTo: .mebibytes(64))) ?? []
            return .text("\(request.method.text) \(request.target.raw) \(body.count)")
        }
        for count in [0, 10, 5_000_000] {
            let answer = try await house.client.send(
                .post, "/x?y=1", body: [UInt8](repeating: 1, count: count), to: house.upstream)
            #expect(String(decoding: answer.body, as: UTF8.self) == "POST /x?y=1 \(count)")
        }
        let uses = await house.group.loops[0].run { house.tunnel.use.count }
        #expect(uses == 1)
        await house.end()
    }

    @Test("Large answers go side by side and arrive whole")
    func parallel() async throws {
        let house = try await TunnelHouse { request in
            let size = Int(request.target.path.dropFirst()) ?? 0
            return .stream(status: 200, headers: [:], length: nil) { writer in
                let part = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                for _ in 0..<(size / 10_000) { try await writer.write(part) }
            }
        }
        try await withThrowingTaskGroup { tasks in
            for number in 1...12 {
                tasks.addTask {
                    let size = number * 300_000
                    let answer = try await house.client.send(
                        .get, "/\(size)", to: house.upstream)
                    let part = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                    #expect(answer.body.count == size)
                    #expect(answer.body.suffix(10_000).elementsEqual(part))
                }
            }
            try await tasks.waitForAll()
        }
        await house.end()
    }

    @Test("A WebSocket goes through it, and ends with it")
    func webSockets() async throws {
        let house = try await TunnelHouse { _ in
            .webSocket(protocol: nil) { socket in
                while let message = try? await socket.receive() {
                    guard case .text(let text) = message else { return }
                    try? await socket.send("echo \(text)")
                }
            }
        }
        let socket = try await house.client.webSocket("/comms", to: house.upstream)
        try await socket.send("hello")
        #expect(try await socket.receive() == .text("echo hello"))
        house.tunnel.close()
        await #expect(throws: WebSocketFault.self) { try await socket.receive() }
        await house.end()
    }

    @Test("A reader that takes nothing holds up its own stream only")
    func flowControl() async throws {
        let sent = Mutex(0)
        let house = try await TunnelHouse { request in
            guard request.target.path == "/much" else { return .text("quick") }
            return .stream(status: 200, headers: [:], length: nil) { writer in
                let part = [UInt8](repeating: 5, count: 65_536)
                for _ in 0..<400 {
                    try await writer.write(part)
                    sent.withLock { $0 += part.count }
                }
            }
        }
        let slow = try await house.client.start(
            ClientRequest(.get, "/much"), to: house.upstream)
        // What the other side could send stops growing; sockets and windows are all that it fills.
        var last = -1
        var same = 0
        while same < 50 {
            let now = sent.withLock { $0 }
            same = now == last ? same + 1 : 0
            last = now
            // Nothing tells that no more comes: fifty looks that find nothing new must do.
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(last < 16 << 20)
        let quick = try await house.client.send(.get, "/", to: house.upstream)
        #expect(quick.body == Array("quick".utf8))
        var count = 0
        while let part = try await slow.next() { count += part.count }
        #expect(count == 400 * 65_536)
        await house.end()
    }

    @Test("Where nothing listens on the device a request is refused, and the tunnel goes on")
    func refused() async throws {
        let house = try await TunnelHouse { _ in .text("here") }
        house.nodeREDStops()
        await #expect(throws: ClientFault.self) {
            try await house.client.send(.get, "/", to: house.upstream)
        }
        #expect(house.tunnel.use.count == 0)
        await house.end()
    }

    @Test("A device that says nothing is given up in time; one that breaks the rules is cut off")
    func hostile() async throws {
        let house = try await TunnelHouse(device: false) { _ in .empty() }
        let asking = Task {
            try await house.client.send(.get, "/", to: house.upstream, timeout: .seconds(5))
        }
        #expect(
            try await house.deviceSocket.receive()
                == .binary(TunnelFrame(1, .open(to: "node-red")).bytes))
        house.clock.advance(by: .seconds(6))
        await #expect(throws: ClientFault.timedOut) { try await asking.value }
        #expect(
            try await house.deviceSocket.receive()
                == .binary(TunnelFrame(1, .reset("aborted")).bytes))
        // Late for what was given up: no harm.
        try await house.deviceSocket.send(binary: TunnelFrame(1, .opened).bytes)
        try await house.deviceSocket.send(binary: TunnelFrame(9, .data([1])).bytes)
        #expect(try await house.deviceSocket.receive() == nil)
        #expect(house.deviceSocket.closeReceived?.code == 1002)
        await house.end()
    }

    @Test(
        "A device may neither open streams here, nor send more than it was granted",
        arguments: [
            [TunnelFrame(1, .open(to: "node-red"))],
            Array(repeating: TunnelFrame(1, .data([UInt8](repeating: 0, count: 65_531))), count: 5),
            [TunnelFrame(1, .window(.max)), TunnelFrame(1, .window(.max))],
            [TunnelFrame(1, .end), TunnelFrame(1, .data([1]))],
        ])
    func greedy(frames: [TunnelFrame]) async throws {
        let house = try await TunnelHouse(device: false) { _ in .empty() }
        let opened = Mailbox<any ByteChannel>()
        await house.group.loops[0].run {
            house.tunnel.open(to: "node-red", timeout: .seconds(5)) { result in
                if case .success(let channel) = result { opened.put(channel) }
            }
        }
        _ = try await house.deviceSocket.receive()
        try await house.deviceSocket.send(binary: TunnelFrame(1, .opened).bytes)
        // Never read from: what comes is held.
        #expect(await opened.take() != nil)
        for frame in frames { try await house.deviceSocket.send(binary: frame.bytes) }
        while try await house.deviceSocket.receive() != nil {}
        #expect(house.deviceSocket.closeReceived?.code == 1002)
        await house.end()
    }

    @Test("The device refuses what is not Node-RED, and more streams than it may have")
    func responder() async throws {
        let house = try await TunnelHouse { _ in .empty() }
        let answers = Mailbox<Bool>()
        await house.group.loops[0].run {
            house.tunnel.open(to: "ssh", timeout: .seconds(5)) { result in
                if case .success = result { answers.put(true) } else { answers.put(false) }
            }
        }
        #expect(await answers.take() == false)
        for _ in 0..<TunnelFrame.maxStreams + 1 {
            await house.group.loops[0].run {
                house.tunnel.open(to: "node-red", timeout: .seconds(60)) { result in
                    if case .success = result { answers.put(true) } else { answers.put(false) }
                }
            }
        }
        var count = 0
        for _ in 0..<TunnelFrame.maxStreams + 1 where await answers.take() == true { count += 1 }
        #expect(count == TunnelFrame.maxStreams)
        await house.end()
    }
}
