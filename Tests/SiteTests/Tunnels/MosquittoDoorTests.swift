import Basics
import Domain
import Glibc
import HTTP
import LinesideTesting
import Net
import Testing

@testable import Site

/// Behind the door stands the real broker, which knows nothing of passwords here.
@Suite(
    "Door before Mosquitto", .timeLimit(.minutes(10)),
    .enabled(if: access("/usr/sbin/mosquitto", X_OK) == 0, "needs mosquitto"))
struct MosquittoDoorTests {
    private static let connected: [UInt8] = [0x20, 2, 0, 0]

    private func broker(_ house: DoorHouse) async throws -> ProgramUnderTest {
        let path = house.directory.path
        let socket = "\(path)/link.sock"
        try Files.replace(
            "\(path)/mosquitto.conf",
            with: Array("listener 0 \(socket)\nallow_anonymous true\nuser root\n".utf8))
        let program = try ProgramUnderTest(
            "/usr/sbin/mosquitto", ["-c", "\(path)/mosquitto.conf"], errors: "\(path)/errors")
        _ = try await eventually("the broker's socket") { Files.exists(socket) ? true : nil }
        house.entrance.open(
            BrokerSpliceTarget(socketPath: socket, openPath: socket, secret: DoorHouse.secret))
        return program
    }

    @Test("A device subscribes and hears itself; a second CONNECT ends it, whoever it names")
    func real() async throws {
        let house = try DoorHouse()
        let program = try await broker(house)
        let made = try house.device()
        let device = try await house.connect(made)
        await device.send(Packets.connect(made.name, user: made.name))
        #expect(await device.recorder.wait { $0.count >= 4 }.bytes == Self.connected)
        await device.send(
            Packets.packet(0x82, [0, 1] + Packets.field("a/b") + [0])
                + Packets.packet(0x30, Packets.field("a/b") + Array("hello".utf8)))
        let expected =
            Self.connected + [0x90, 3, 0, 1, 0]
            + Packets.packet(0x30, Packets.field("a/b") + Array("hello".utf8))
        #expect(await device.recorder.wait { $0.count >= expected.count }.bytes == expected)
        let other = try house.device()
        await device.send(Packets.connect(other.name, user: other.name))
        let seen = await device.recorder.wait { $0.readEnded || $0.closed }
        #expect(seen.bytes == expected)
        await until { house.door.count == 0 }
        // Killed, it takes its devices with it; they are told to come again.
        let second = try await house.connect(made)
        await second.send(Packets.connect(made.name, user: made.name))
        _ = await second.recorder.wait { $0.count >= 4 }
        kill(program.pid, SIGKILL)
        _ = await second.recorder.wait { $0.readEnded || $0.closed }
        let third = try await house.connect(made)
        await third.send(Packets.connect(made.name, user: made.name))
        #expect(
            await third.recorder.wait { $0.readEnded || $0.closed }.bytes == [0x20, 2, 0, 3])
        await house.end()
    }
}
