import Basics
import LinesideTesting
import Net
import Testing

@Suite("Socket channel", .timeLimit(.minutes(10))) struct SocketChannelTests {
    @Test("Bytes go both ways and both ends close in peace")
    func echo() async throws {
        let pair = try await Pair()
        let (near, far) = (ChannelRecorder(), ChannelRecorder())
        await pair.group.loops[0].run {
            pair.client.start(near)
            pair.server.start(far)
            pair.client.write(.bytes(Array("question".utf8)))
        }
        #expect(await far.wait { $0.count == 8 }.text == "question")
        await pair.group.loops[0].run {
            pair.server.write(.bytes(Array("ans".utf8)))
            pair.server.write(.bytes(Array("wer".utf8)))
            pair.server.close()
        }
        #expect(await near.wait { $0.readEnded }.text == "answer")
        await pair.group.loops[0].run { pair.client.close() }
        #expect(await near.wait { $0.closed }.error == nil)
        #expect(await far.wait { $0.closed }.error == nil)
        await pair.end()
    }

    @Test("A Unix socket has its mode, and its peer a user")
    func unix() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/admin.sock"
        let pair = try await Pair(address: .unix(path: path, mode: 0o600))
        #expect(pair.server.peer.host == "local")
        #expect(pair.server.peer.userID == ownUser())
        #expect(try mode(of: path) == 0o600)
        #expect(throws: NetError.self) {
            try Listener(
                .unix(path: path, mode: 0o600), loops: pair.group.loops, limits: ConnectionLimits()
            ) { _ in }
        }
        await pair.end()
        #expect(!Files.exists(path))
    }

    @Test("A Unix listener that is behind is asked again until it has room, or the time is up")
    func crowded() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/crowded.sock"
        let socket = try CrowdedSocket(path)
        let first = try CrowdedSocket.connection(path)
        let clock = LoopClock.manual()
        var options = EventLoop.Options()
        options.clock = clock
        let group = try EventLoopGroup(options: options)
        await #expect(throws: NetError.timedOut(.connect)) {
            async let late = group.loops[0].connect(to: .unix(path: path), timeout: .zero)
            _ = try await late
        }
        let loop = group.loops[0]
        let channel = Mailbox<any ByteChannel>()
        await loop.run {
            loop.connect(to: .unix(path: path)) { result in
                if case .success(let open) = result { channel.put(open) }
            }
        }
        _ = try socket.accept()
        clock.advance(by: .milliseconds(2))
        let open = try #require(await channel.take())
        #expect(open.isOpen)
        withExtendedLifetime(first) {}
        await group.shutdown()
    }

    @Test("A large static answer waits in place: nothing of it is held in memory")
    func backPressure() async throws {
        let pair = try await Pair()
        let size = 100 << 20
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4_096)
        defer { memory.deallocate() }
        let bytes = StaticBytes(UnsafeRawBufferPointer(memory))
        let far = ChannelRecorder()
        let (state, held, pending) = await pair.group.loops[0].run {
            pair.server.start(far)
            let state = pair.server.write(.static(bytes))
            return (state, pair.server.heldBytes, pair.server.pendingBytes)
        }
        #expect(state == .full)
        #expect(held == 0)
        #expect(pending > size / 2)
        let near = ChannelRecorder(keepsBytes: false)
        await pair.group.loops[0].run { pair.client.start(near) }
        #expect(await near.wait { $0.count == size }.count == size)
        #expect(await far.wait { $0.drained == 1 }.drained == 1)
        await pair.end()
    }

    @Test("Half of a connection can end before the other")
    func halfClose() async throws {
        let pair = try await Pair()
        let (near, far) = (ChannelRecorder(), ChannelRecorder())
        await pair.group.loops[0].run {
            pair.client.start(near)
            pair.server.start(far)
            pair.client.write(.bytes([1]))
            pair.client.shutdownWrite()
        }
        #expect(await far.wait { $0.readEnded }.bytes == [1])
        await pair.group.loops[0].run {
            pair.server.write(.bytes([2]))
            pair.server.shutdownWrite()
        }
        #expect(await near.wait { $0.closed }.bytes == [2])
        #expect(await far.wait { $0.closed }.error == nil)
        await pair.end()
    }

    @Test("A port where nobody listens is refused, a name is not looked up")
    func refused() async throws {
        let group = try EventLoopGroup(options: .standing)
        let port = try SilentPort()
        await #expect(throws: NetError.refused) {
            try await group.next().connect(to: .tcp(host: "127.0.0.1", port: port.number))
        }
        await #expect(throws: NetError.badAddress("plant.example:1")) {
            try await group.next().connect(to: .tcp(host: "plant.example", port: 1))
        }
        await #expect(throws: NetError.refused) {
            try await group.next().connect(to: .unix(path: "/nowhere/at.all"))
        }
        await group.shutdown()
    }
}
