import Basics
import LinesideTesting
import Net
import Synchronization
import Testing

@Suite("Turns of an event loop", .timeLimit(.minutes(10))) struct EventLoopFairnessTests {
    @Test("A channel that has much to read gets its share of each turn, and no more")
    func readShare() async throws {
        var options = EventLoop.Options()
        options.fairShare = .kibibytes(128)
        let pair = try await Pair(options)
        let clients = try EventLoopGroup(options: .standing)
        let loop = pair.group.loops[0]
        let perTurn = Mutex<[Int: Int]>([:])
        let far = ChannelRecorder(keepsBytes: false) { bytes in
            let turn = loop.counters.turns
            perTurn.withLock { $0[turn, default: 0] += bytes.count }
        }
        await loop.run { pair.server.start(far) }
        let size = 64 << 20
        await loop.run { _ = pair.client.write(.bytes([UInt8](repeating: 1, count: size))) }
        _ = await far.wait { $0.count == size }
        #expect(perTurn.withLock { $0.values.max() ?? 0 } <= 128 << 10)
        #expect(loop.counters.requeues > 0)
        await clients.shutdown()
        await pair.end()
    }

    @Test("A turn that takes longer than it may is counted, and logged once a second")
    func slowTurn() async throws {
        let lines = Mutex<[String]>([])
        var options = EventLoop.Options()
        options.clock = .manual()
        options.slowTurn = .milliseconds(5)
        options.log = Log("net") { _, line in lines.withLock { $0.append(line) } }
        let group = try EventLoopGroup(options: options)
        let loop = group.loops[0]
        for _ in 0..<3 {
            await loop.run {
                let end = ContinuousClock().now + .milliseconds(6)
                while ContinuousClock().now < end {}
            }
        }
        await until { loop.counters.slowTurns >= 3 }
        #expect(lines.withLock { $0.count } == 1)
        options.clock.advance(by: .seconds(1))
        await loop.run {
            let end = ContinuousClock().now + .milliseconds(6)
            while ContinuousClock().now < end {}
        }
        // The turns of a busy machine may be slow beside ours: only the clock allows a line.
        await until { lines.withLock { $0.count } >= 2 }
        await loop.run {}
        #expect(lines.withLock { $0.count } == 2)
        await group.shutdown()
    }

    @Test("Jobs that bring forth jobs do not keep sockets waiting")
    func jobs() async throws {
        let pair = try await Pair()
        let loop = pair.group.loops[0]
        let stopped = Mutex(false)
        @Sendable func again() {
            if !stopped.withLock({ $0 }) { loop.execute { again() } }
        }
        let far = ChannelRecorder()
        await loop.run {
            again()
            pair.server.start(far)
            pair.client.write(.bytes([1]))
        }
        #expect(await far.wait { $0.count == 1 }.bytes == [1])
        stopped.withLock { $0 = true }
        await pair.end()
    }

    @Test("An event for a channel that is gone reaches nobody, whatever has taken its descriptor")
    func descriptorReuse() async throws {
        let group = try EventLoopGroup(options: .standing)
        let loop = group.loops[0]
        let clients = try EventLoopGroup(options: .standing)
        let accepted = Mailbox<any ByteChannel>()
        let listener = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: [loop], limits: ConnectionLimits()
        ) { accepted.put($0) }
        listener.start()
        let target = ConnectAddress.tcp(host: "127.0.0.1", port: listener.port)
        for _ in 0..<50 {
            var ends: [(client: any ByteChannel, server: any ByteChannel)] = []
            for _ in 0..<2 {
                let client = try await clients.next().connect(to: target)
                guard let server = await accepted.take() else { throw NetError.aborted }
                ends.append((client, server))
            }
            let (one, two) = (ends[0], ends[1])
            let fresh = Mailbox<any ByteChannel>()
            let victimOfOne = ChannelRecorder { _ in
                guard two.server.isOpen else { return }
                two.server.abort(.aborted)
                loop.connect(to: target) {
                    if case .success(let channel) = $0 { fresh.put(channel) }
                }
            }
            let victimOfTwo = ChannelRecorder { _ in
                guard one.server.isOpen else { return }
                one.server.abort(.aborted)
                loop.connect(to: target) {
                    if case .success(let channel) = $0 { fresh.put(channel) }
                }
            }
            await loop.run {
                one.server.start(victimOfOne)
                two.server.start(victimOfTwo)
            }
            // Both events are there before the loop looks.
            let held = Mailbox<Void>()
            let release = Mutex(false)
            loop.execute {
                held.put(())
                while !release.withLock({ $0 }) {}
            }
            _ = await held.take()
            await clients.loops[0].run {
                one.client.write(.bytes([1]))
                two.client.write(.bytes([2]))
            }
            await clients.loops[0].run {}
            await clients.loops[0].run {}
            release.withLock { $0 = true }
            let (new, far) = (await fresh.take(), await accepted.take())
            guard let new, let far else { throw NetError.aborted }
            // Exactly one of the two was read; the other was gone before its event came up.
            let first = victimOfOne.seen.count == 1
            let (reader, victim) = first ? (victimOfOne, victimOfTwo) : (victimOfTwo, victimOfOne)
            #expect(reader.seen.count == 1)
            #expect(await victim.wait { $0.closed }.count == 0)
            let recorder = ChannelRecorder()
            await loop.run {
                new.start(recorder)
                far.write(.bytes([3]))
            }
            #expect(await recorder.wait { $0.count > 0 || $0.closed }.bytes == [3])
            for channel in [new, far, one.server, two.server] {
                await loop.run { channel.abort(.aborted) }
            }
            for channel in [one.client, two.client] {
                await clients.loops[0].run { channel.abort(.aborted) }
            }
        }
        await listener.stop()
        await group.shutdown()
        await clients.shutdown()
    }

    @Test("A peer that takes nothing is cut off after the limit, one that takes a little is not")
    func writeStall() async throws {
        var options = EventLoop.Options()
        options.clock = .manual()
        let pair = try await Pair(options)
        let loop = pair.group.loops[0]
        let far = ChannelRecorder()
        await loop.run {
            pair.server.start(far)
            pair.server.writeStallLimit = .seconds(60)
            pair.server.write(.bytes([UInt8](repeating: 1, count: 64 << 20)))
        }
        await loop.run {}
        options.clock.advance(by: .seconds(59))
        await loop.run {}
        // It takes something: the time starts anew. It stops on the loop itself, before all is taken.
        let left = await loop.run { pair.server.pendingBytes }
        let paused = Mailbox<Void>()
        let near = ChannelRecorder(keepsBytes: false) { _ in
            guard pair.server.pendingBytes < left else { return }
            pair.client.pauseReading()
            paused.put(())
        }
        await loop.run { pair.client.start(near) }
        _ = await paused.take()
        options.clock.advance(by: .seconds(59))
        for _ in 0..<10 { await loop.run {} }
        #expect(!far.seen.closed)
        await until {
            options.clock.advance(by: .seconds(60))
            await loop.run {}
            return far.seen.closed
        }
        #expect(far.seen.error == .timedOut(.write))
        await pair.end()
    }
}
