import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Testing

@testable import Site

@Suite("Door of devices", .timeLimit(.minutes(10))) struct DeviceDoorTests {
    private static let refused: [UInt8] = [0x20, 2, 0, 5]
    private static let unavailable: [UInt8] = [0x20, 2, 0, 3]

    @Test("A device that says who it is reaches the broker, vouched for by the secret")
    func passes() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let made = try house.device()
        let device = try await house.connect(made)
        let ping: [UInt8] = [0xC0, 0]
        await device.send(
            Packets.connect(made.name, user: made.name, password: "its own") + ping)
        let broker = try #require(await taken.take())
        let seen = await broker.recorded()
        let expected =
            Packets.connect(
                made.name, user: made.name,
                password: String(decoding: DoorHouse.secret, as: UTF8.self)) + ping
        #expect(await seen.wait { $0.count >= expected.count }.bytes == expected)
        await until { house.door.count == 1 }
        #expect(house.door.address(of: made.id) == "127.0.0.1")
        await broker.send([0x20, 2, 0, 0])
        #expect(await device.recorder.wait { $0.count == 4 }.bytes == [0x20, 2, 0, 0])
        let much = [UInt8](repeating: 7, count: 3_000_000)
        await device.send(much)
        #expect(await seen.wait { $0.count == expected.count + much.count }.closed == false)
        // The broker ends it, and the device learns of it.
        await broker.loop.run { broker.close() }
        #expect(await device.recorder.wait { $0.readEnded || $0.closed }.count == 4)
        await until { house.door.count == 0 }
        #expect(house.door.address(of: made.id) == nil)
        await listener.stop()
        await house.end()
    }

    @Test("A cell of devices comes in through one address whose strangers are limited")
    func cell() async throws {
        let house = try DoorHouse(perAddress: 2)
        let (listener, taken) = try house.broker()
        var devices: [RawClient] = []
        for _ in 0..<6 {
            let made = try house.device()
            let device = try await house.connect(made)
            devices.append(device)
            await device.send(Packets.connect(made.name, user: made.name))
            #expect(await taken.take() != nil)
        }
        #expect(house.server.refusals.count == 0)
        let revoked = try house.device()
        house.identities.revoke(revoked.serial)
        var others: [RawClient] = []
        for _ in 0..<2 { others.append(try await house.connect(revoked, "lineside-http/1")) }
        let extra = try await house.connect(nil, "http/1.1")
        _ = await extra.recorder.wait { $0.readEnded || $0.closed }
        #expect(house.server.refusals.count == 1)
        for client in devices + others + [extra] { await client.abort() }
        await until { house.door.count == 0 }
        await listener.stop()
        await house.end()
    }

    @Test("A device that goes takes its connection to the broker with it")
    func deviceGoes() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let made = try house.device()
        let device = try await house.connect(made)
        await device.send(Packets.connect(made.name, user: made.name))
        let broker = try #require(await taken.take())
        let seen = await broker.recorded()
        await until { house.door.count == 1 }
        await device.abort()
        #expect(await seen.wait { $0.readEnded || $0.closed }.count > 0)
        await until { house.door.count == 0 }
        await listener.stop()
        await house.end()
    }

    @Test("Whoever calls itself another than its certificate is refused, and no broker hears of it")
    func impostors() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let (made, other) = (try house.device(), try house.device())
        for packet in [
            Packets.connect(other.name, user: other.name),
            Packets.connect(made.name, user: other.name),
            Packets.connect(other.name, user: made.name),
            Packets.connect("\(made.name):n", user: made.name),
            Packets.connect(made.name, user: nil),
            Packets.connect("", user: made.name),
        ] {
            let device = try await house.connect(made)
            await device.send(packet)
            let seen = await device.recorder.wait { $0.readEnded || $0.closed }
            #expect(seen.bytes == Self.refused)
            await device.abort()
        }
        let modern = try await house.connect(made)
        await modern.send(Packets.connect(other.name, user: other.name, level: 5))
        #expect(
            await modern.recorder.wait { $0.readEnded || $0.closed }.bytes == [0x20, 3, 0, 0x87, 0])
        await modern.abort()
        // The first that comes is the one that is right.
        let right = try await house.connect(made)
        await right.send(Packets.connect(made.name, user: made.name))
        let broker = try #require(await taken.take())
        let seen = await broker.recorded()
        let first = await seen.wait { $0.count > 20 }
        #expect(first.text.contains(made.name))
        await listener.stop()
        await house.end()
    }

    @Test("A certificate that the registry does not know, or knows as another's, opens nothing")
    func unknown() async throws {
        let house = try DoorHouse()
        let (listener, _) = try house.broker()
        let forgotten = try house.device()
        house.identities.revoke(forgotten.serial)
        let renamed = try house.device(calling: Device.ID.random().text)
        for made in [forgotten, renamed] {
            let device = try await house.connect(made)
            await device.send(Packets.connect(made.name, user: made.name))
            #expect(await device.recorder.wait { $0.readEnded || $0.closed }.count == 0)
        }
        // None at all, and one of another site: the handshake ends it.
        let stranger = try TLSIdentity(
            try CertificateFixtures().client(Device.ID.random().text))
        for identity in [nil, stranger] {
            let device = try? await RawClient(
                port: house.port, on: house.clients.next(),
                tls: try house.tls(identity, "lineside-mqtt/1"))
            guard let device else { continue }
            #expect(await device.recorder.wait { $0.readEnded || $0.closed }.count == 0)
        }
        #expect(house.door.count == 0)
        await listener.stop()
        await house.end()
    }

    @Test("What is no CONNECT, is too long or never comes ends the connection")
    func noConnect() async throws {
        let house = try DoorHouse()
        let (listener, _) = try house.broker()
        let made = try house.device()
        for bytes in [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x10, 0xFF, 0xFF, 0x7F],
            Packets.connect(made.name, user: made.name, tail: [1, 2, 3]),
        ] {
            let device = try await house.connect(made)
            await device.send(bytes)
            #expect(await device.recorder.wait { $0.readEnded || $0.closed }.count == 0)
        }
        let slow = try await house.connect(made)
        await slow.send([0x10])
        // Its time begins when it is in.
        await until { house.group.loops[0].counters.received > 0 }
        await house.group.loops[0].run {}
        await until {
            house.clock.advance(by: .seconds(5))
            await house.group.loops[0].run {}
            return slow.recorder.seen.readEnded || slow.recorder.seen.closed
        }
        #expect(slow.recorder.seen.readEnded || slow.recorder.seen.closed)
        let half = try await house.connect(made)
        await half.send(Array(Packets.connect(made.name, user: made.name).dropLast(3)))
        await half.finish()
        #expect(await half.recorder.wait { $0.readEnded || $0.closed }.count == 0)
        #expect(house.door.count == 0)
        await listener.stop()
        await house.end()
    }

    @Test("A device is shown out when its certificate is revoked, the others stay")
    func revoked() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let serving = Task { try await house.door.run() }
        let (made, other) = (try house.device(), try house.device())
        var recorders: [ChannelRecorder] = []
        var devices: [RawClient] = []
        for each in [made, other] {
            let device = try await house.connect(each)
            await device.send(Packets.connect(each.name, user: each.name))
            let broker = try #require(await taken.take())
            recorders.append(await broker.recorded())
            devices.append(device)
        }
        await until { house.door.count == 2 }
        house.identities.revoke(made.serial)
        house.signal.raise()
        // The listener may not listen yet.
        await until {
            house.signal.raise()
            return house.door.count == 1
        }
        _ = await recorders[0].wait { $0.readEnded || $0.closed }
        _ = await devices[0].recorder.wait { $0.readEnded || $0.closed }
        #expect(!recorders[1].seen.closed && !recorders[1].seen.readEnded)
        house.door.end(other.id)
        _ = await devices[1].recorder.wait { $0.readEnded || $0.closed }
        await until { house.door.count == 0 }
        // And does not come back.
        let again = try await house.connect(made)
        #expect(await again.recorder.wait { $0.readEnded || $0.closed }.count == 0)
        serving.cancel()
        _ = await serving.result
        await listener.stop()
        await house.end()
    }

    @Test("Without a broker a device is told to come again")
    func brokerDown() async throws {
        let house = try DoorHouse()
        let made = try house.device()
        for target in [
            nil,
            BrokerSpliceTarget(
                socketPath: "\(house.directory.path)/nobody",
                openPath: "\(house.directory.path)/nobody", secret: [1]),
        ] {
            house.entrance.open(target)
            let device = try await house.connect(made)
            await device.send(Packets.connect(made.name, user: made.name))
            let seen = await device.recorder.wait { $0.readEnded || $0.closed }
            #expect(seen.bytes == Self.unavailable)
        }
        let (listener, taken) = try house.broker()
        let device = try await house.connect(made)
        await device.send(Packets.connect(made.name, user: made.name))
        #expect(await taken.take() != nil)
        await listener.stop()
        await house.end()
    }

    @Test("A device that sends faster than the broker reads is made to wait")
    func backPressure() async throws {
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let made = try house.device()
        let device = try await house.connect(made)
        await device.send(Packets.connect(made.name, user: made.name))
        let broker = try #require(await taken.take())
        await device.send([UInt8](repeating: 9, count: 30_000_000))
        // Nobody reads there. What the door has read stops growing, far below what was sent.
        let loop = house.group.loops[0]
        var last = -1
        var same = 0
        while same < 50 {
            await loop.run {}
            let now = loop.counters.received
            same = now == last ? same + 1 : 0
            last = now
            // Nothing tells that no more comes: fifty looks that find nothing new must do.
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(loop.counters.received < 4_000_000)
        let seen = ChannelRecorder(keepsBytes: false)
        await broker.loop.run { broker.start(seen) }
        #expect(await seen.wait { $0.count > 30_000_000 }.closed == false)
        await listener.stop()
        await house.end()
    }
}
