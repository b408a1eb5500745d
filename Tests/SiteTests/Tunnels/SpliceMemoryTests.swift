import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Testing

@testable import Site

@Suite("Memory of waiting devices", .timeLimit(.minutes(10))) struct SpliceMemoryTests {
    /// Resident, in bytes: what other tests do at the same time counts too, but nobody else holds
    /// hundreds of connections.
    private static var used: Int {
        let text = (try? Files.read("/proc/self/statm", limit: .kibibytes(4))) ?? []
        let words = String(decoding: text, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4_096 : 0
    }

    @Test("Hundreds of devices that wait hold little: TLS at both ends, both halves of the splice")
    func idle() async throws {
        let count = 300
        let house = try DoorHouse()
        let (listener, taken) = try house.broker()
        let made = try (0..<count).map { _ in try house.device() }
        let tls = try house.tls(nil, "lineside-mqtt/1")
        var held: [RawClient] = []
        var brokers: [any ByteChannel] = []
        // What is made once is made with the first.
        var before = 0
        for (number, device) in made.enumerated() {
            if number == 50 { before = Self.used }
            let client = try await RawClient(
                port: house.port, on: house.clients.next(),
                tls: ConnectTLS(
                    tls.configuration, name: "127.0.0.1", identity: device.identity),
                keepsBytes: false)
            await client.send(Packets.connect(device.name, user: device.name))
            brokers.append(try #require(await taken.take()))
            held.append(client)
        }
        await until { house.door.count == count }
        let each = (Self.used - before) / (count - 50)
        print("a waiting device: \(each) bytes, both ends of TLS and the broker's side included")
        // Measured: see the commit. Four sockets and two TLS sessions of this process.
        #expect(each < 120_000)
        for client in held { await client.abort() }
        await listener.stop()
        await house.end()
    }
}
