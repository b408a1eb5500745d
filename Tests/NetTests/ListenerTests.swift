import Basics
import Glibc
import LinesideTesting
import Synchronization
import Testing

@testable import Net

@Suite("Listener", .timeLimit(.minutes(10))) struct ListenerTests {
    @Test("Connections over the caps are closed at once, and counted off when they go")
    func caps() async throws {
        let limits = ConnectionLimits(total: 100, perAddress: 2)
        let pair = try await Pair(limits: limits)
        let target = ConnectAddress.tcp(host: "127.0.0.1", port: pair.listener.port)
        let second = try await pair.group.next().connect(to: target)
        let third = try await pair.group.next().connect(to: target)
        let recorder = ChannelRecorder()
        await pair.group.loops[0].run { third.start(recorder) }
        _ = await recorder.wait { $0.readEnded || $0.closed }
        #expect(limits.refusals.count == 1)
        #expect(limits.count == 2)
        await pair.group.loops[0].run { pair.server.abort(.aborted) }
        await until { limits.count == 1 }
        _ = try await pair.group.next().connect(to: target)
        await until { limits.count == 2 }
        #expect(limits.refusals.count == 1)
        await pair.group.loops[0].run { second.abort(.aborted) }
        await pair.end()
    }

    @Test("All addresses of one IPv6 network count as one; Unix sockets are not counted")
    func networks() {
        let limits = ConnectionLimits(total: 100, perAddress: 1)
        func admit(_ host: String) -> Bool {
            guard let place = limits.admit(PeerAddress(host: host, port: 1, localPort: 2)) else {
                return false
            }
            guard limits.settle(place, owner: nil) else {
                limits.leave(place)
                return false
            }
            return true
        }
        #expect(admit("2001:db8:0:1::1"))
        #expect(!admit("2001:db8:0:1:aaaa:bbbb:cccc:2"))
        #expect(admit("2001:db8:0:2::1"))
        #expect(admit("10.0.0.1"))
        #expect(!admit("10.0.0.1"))
        #expect(admit("local"))
        #expect(admit("local"))
        #expect(limits.count == 5)
    }

    @Test("Who has proven who it is takes no place of its address, up to a few connections")
    func owners() throws {
        let limits = ConnectionLimits(total: 100, perAddress: 2)
        let peer = PeerAddress(host: "10.0.0.1", port: 1, localPort: 2)
        var places: [ConnectionLimits.Place] = []
        for device in 0..<20 {
            let place = try #require(limits.admit(peer))
            #expect(limits.settle(place, owner: "device \(device)"))
            places.append(place)
        }
        for index in 1...2 {
            let place = try #require(limits.admit(peer))
            #expect(limits.settle(place, owner: nil), "\(index)")
            places.append(place)
        }
        let third = try #require(limits.admit(peer))
        #expect(!limits.settle(third, owner: nil))
        limits.leave(third)
        #expect(limits.refusals.count == 1 && limits.refusals.last == "10.0.0.1")
        // One device with many connections is a stranger with the rest of them.
        for _ in 1..<ConnectionLimits.perOwner {
            let place = try #require(limits.admit(peer))
            #expect(limits.settle(place, owner: "device 0"))
            places.append(place)
        }
        let ninth = try #require(limits.admit(peer))
        #expect(!limits.settle(ninth, owner: "device 0"))
        limits.leave(ninth)
        for place in places { limits.leave(place) }
        #expect(limits.count == 0)
    }

    @Test("Handshakes of one address that nobody ends do not take all places")
    func opening() throws {
        let limits = ConnectionLimits(total: 100, perAddress: 2)
        let peer = PeerAddress(host: "10.0.0.1", port: 1, localPort: 2)
        let places = (0..<20).compactMap { _ in limits.admit(peer) }
        #expect(places.count == 8)
        #expect(limits.refusals.count == 12)
        for place in places { limits.leave(place) }
        #expect(limits.count == 0)
        #expect(limits.admit(peer) != nil)
    }

    @Test("IPv6 and IPv4 come through one socket, IPv4 under its own name")
    func dualStack() async throws {
        let group = try EventLoopGroup(options: .standing)
        let accepted = Mailbox<any ByteChannel>()
        guard
            let listener = try? Listener(
                .tcp(host: "::", port: 0), loops: group.loops, limits: ConnectionLimits(),
                accept: { accepted.put($0) })
        else {
            // A machine without IPv6.
            return await group.shutdown()
        }
        listener.start()
        _ = try await group.next().connect(to: .tcp(host: "127.0.0.1", port: listener.port))
        #expect(await accepted.take()?.peer.host == "127.0.0.1")
        _ = try await group.next().connect(to: .tcp(host: "::1", port: listener.port))
        #expect(await accepted.take()?.peer.host == "::1")
        await listener.stop()
        await group.shutdown()
    }

    @Test("Two loops share the connections")
    func twoLoops() async throws {
        let group = try EventLoopGroup(count: 2, options: .standing)
        let accepted = Mailbox<any ByteChannel>()
        let listener = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits()
        ) { channel in
            #expect(channel.loop.isCurrent)
            accepted.put(channel)
        }
        listener.start()
        var seen: Set<ObjectIdentifier> = []
        for _ in 0..<4 {
            _ = try await group.next().connect(to: .tcp(host: "127.0.0.1", port: listener.port))
            if let channel = await accepted.take() { seen.insert(ObjectIdentifier(channel.loop)) }
        }
        #expect(seen.count == 2)
        await listener.stop()
        await group.shutdown()
    }

    @Test("Out of descriptors, a listener rests instead of spinning, and takes up again")
    func exhaustion() async {
        // In a process of its own: the limit is the process's.
        await #expect(processExitsWith: .success) {
            var options = EventLoop.Options()
            options.clock = .manual()
            let lines = Mutex(0)
            let log = Log("net") { _, _ in lines.withLock { $0 += 1 } }
            let group = try EventLoopGroup(options: options)
            let clients = try EventLoopGroup(options: .standing)
            let accepted = Mailbox<any ByteChannel>()
            let limits = ConnectionLimits()
            let listener = try Listener(
                .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: limits, log: log
            ) { accepted.put($0) }
            listener.start()
            await group.loops[0].run {}
            let spare = dup(0)
            var limit = rlimit(rlim_cur: rlim_t(spare + 20), rlim_max: rlim_t(spare + 20))
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var taken: [Int32] = []
            while true {
                let fd = dup(0)
                if fd < 0 { break }
                taken.append(fd)
            }
            // One for the client's end.
            close(spare)
            _ = try await clients.next().connect(
                to: .tcp(host: "127.0.0.1", port: listener.port))
            while lines.withLock({ $0 }) == 0 { await group.loops[0].run {} }
            let turns = group.loops[0].counters.turns
            for _ in 0..<20 { await group.loops[0].run {} }
            precondition(group.loops[0].counters.turns - turns <= 45, "it spins")
            precondition(lines.withLock { $0 } == 1, "it floods the log")
            for fd in taken { close(fd) }
            options.clock.advance(by: .milliseconds(50))
            let channel = await accepted.take()
            precondition(channel != nil)
        }
    }
}
