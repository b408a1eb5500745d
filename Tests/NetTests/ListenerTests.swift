import Basics
import Crypto
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
            let place = limits.admit(PeerAddress(host: host, port: 1, localPort: 2)) {}
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
            let place = limits.admit(peer) {}
            #expect(limits.settle(place, owner: "device \(device)"))
            places.append(place)
        }
        for index in 1...2 {
            let place = limits.admit(peer) {}
            #expect(limits.settle(place, owner: nil), "\(index)")
            places.append(place)
        }
        let third = limits.admit(peer) {}
        #expect(!limits.settle(third, owner: nil))
        limits.leave(third)
        #expect(limits.refusals.count == 1 && limits.refusals.last == "10.0.0.1")
        // One device with many connections is a stranger with the rest of them.
        for _ in 1..<ConnectionLimits.perOwner {
            let place = limits.admit(peer) {}
            #expect(limits.settle(place, owner: "device 0"))
            places.append(place)
        }
        let ninth = limits.admit(peer) {}
        #expect(!limits.settle(ninth, owner: "device 0"))
        limits.leave(ninth)
        for place in places { limits.leave(place) }
        #expect(limits.count == 0)
    }

    private func peer(_ network: Int) -> PeerAddress {
        PeerAddress(host: "10.0.0.\(network)", port: 1, localPort: 2)
    }

    @Test("Idle handshakes of a few addresses push out each other, and nobody else")
    func opening() {
        let limits = ConnectionLimits(total: 64, perAddress: 16)
        let ended = Mutex<[String]>([])
        let device = limits.admit(peer(9)) { Issue.record("the newcomer was turned away") }
        var places: [ConnectionLimits.Place] = []
        for number in 0..<100 {
            for network in 1...4 {
                places.append(
                    limits.admit(peer(network)) {
                        ended.withLock { $0.append("\(network):\(number)") }
                    })
            }
        }
        #expect(limits.count == limits.handshakes)
        #expect(limits.refusals.count == 401 - limits.handshakes)
        #expect(limits.refusals.last != "10.0.0.9")
        // Each network loses its oldest ones first.
        let names = ended.withLock { $0 }
        for network in 1...4 {
            let own = names.filter { $0.hasPrefix("\(network):") }
            #expect(own == (0..<own.count).map { "\(network):\($0)" })
        }
        #expect(limits.settle(device, owner: "device 1"))
        let visitor = limits.admit(peer(8)) { Issue.record("the newcomer was turned away") }
        #expect(limits.settle(visitor, owner: nil))
        for place in places { limits.leave(place) }
        #expect(limits.count == 2)
        limits.leave(device)
        limits.leave(visitor)
        #expect(limits.count == 0)
    }

    @Test("A handshake that has made room is turned away if it comes to its end meanwhile")
    func endedMeanwhile() {
        let limits = ConnectionLimits(total: 64, perAddress: 1)
        let places = (0..<5).map { _ in limits.admit(peer(1)) {} }
        #expect(limits.count == 4)
        #expect(!limits.settle(places[0], owner: "device 1"))
        #expect(limits.settle(places[1], owner: "device 1"))
        for place in places { limits.leave(place) }
        #expect(limits.count == 0)
    }

    @Test("Strangers who fill their places leave those of devices free, and the other way round")
    func keptPlaces() {
        let limits = ConnectionLimits(total: 16, perAddress: 100)
        let strangers = (0..<16).map { _ in limits.admit(peer(1)) {} }
        for place in strangers { #expect(limits.settle(place, owner: nil)) }
        let refused = limits.admit(peer(2)) {}
        #expect(!limits.settle(refused, owner: nil))
        limits.leave(refused)
        let device = limits.admit(peer(2)) {}
        #expect(limits.settle(device, owner: "device 1"))
        #expect(limits.count == 17)
    }

    @Test("Silent connections of one address do not keep another from its handshake")
    func silentCrowd() async throws {
        var options = EventLoop.Options()
        options.clock = .manual()
        let group = try EventLoopGroup(options: options)
        let limits = ConnectionLimits(total: 32, perAddress: 8)
        let fixtures = try CertificateFixtures()
        let identity = try fixtures.server(names: ["localhost"])
        let client = try TLSClientConfiguration(
            authority: fixtures.authority, protocols: ["http/1.1"])
        let accepted = Mailbox<any ByteChannel>()
        let listener = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: limits,
            tls: try TLSConfiguration(.pem(chain: identity.chain, key: identity.key)),
            owner: { _ in "device 1" }
        ) { accepted.put($0) }
        listener.start()
        let target = ConnectAddress.tcp(host: "127.0.0.1", port: listener.port)
        var silent: [any ByteChannel] = []
        for _ in 0..<40 { silent.append(try await group.next().connect(to: target)) }
        let device = try await group.next().connect(
            to: target, tls: ConnectTLS(client, name: "127.0.0.1"))
        #expect(await accepted.take()?.isOpen == true)
        #expect(device.isOpen)
        #expect(limits.refusals.count == 9)
        await listener.stop()
        await group.shutdown()
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
