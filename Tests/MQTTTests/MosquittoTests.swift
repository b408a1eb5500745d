import Basics
import LinesideTesting
import MQTT
import Net
import Testing

/// Against Debian's Mosquitto.
@Suite(
    "MQTT client and Mosquitto", .timeLimit(.minutes(10)),
    .enabled(if: MosquittoUnderTest.isInstalled, "skipped: mosquitto is not installed"))
struct MosquittoTests {
    let group: EventLoopGroup

    init() throws { group = try EventLoopGroup() }

    private func client(
        _ id: String, _ address: ConnectAddress, _ change: (inout MQTTOptions) -> Void = { _ in }
    ) -> MQTTClient {
        var options = MQTTOptions(clientID: id)
        change(&options)
        let loop = group.next()
        return MQTTClient(options) { () async throws(NetError) in
            try await loop.connect(to: address)
        }
    }

    @Test(
        "Messages go there and back, with what their version can carry",
        arguments: [MQTTVersion.v311, .v5], [true, false])
    func thereAndBack(version: MQTTVersion, overSocket: Bool) async throws {
        let broker = try await MosquittoUnderTest()
        let address = overSocket ? broker.local : broker.loopback
        let subscriber = client("s", address) { $0.version = version }
        let publisher = client("p", address) { $0.version = version }
        #expect(try await subscriber.connect() == false)
        try await publisher.connect()
        try await subscriber.subscribe([MQTTSubscription("a/#", qos: .exactlyOnce)])
        var message = MQTTMessage("a/ü", Array("hello".utf8))
        message.properties.addUser("_deviceId", "x")
        message.responseTopic = "a/reply"
        message.correlation = [1, 2]
        message.contentType = "application/json"
        try await publisher.publish(message)
        message.qos = .atMostOnce
        message.payload = [UInt8](repeating: 9, count: 300_000)
        try await publisher.publish(message)
        var messages = subscriber.messages.makeAsyncIterator()
        let first = try #require(await messages.next())
        first.acknowledge()
        #expect(first.message.text == "hello")
        #expect(first.message.qos == .atLeastOnce)
        #expect(first.message.correlation == (version == .v5 ? [1, 2] : nil))
        #expect(first.message.responseTopic == (version == .v5 ? "a/reply" : nil))
        #expect(first.message.userProperties.map(\.value) == (version == .v5 ? ["x"] : []))
        #expect(await messages.next()?.message.payload.count == 300_000)
        try await subscriber.unsubscribe(["a/#"])
        await subscriber.disconnect()
        await publisher.disconnect()
        #expect(!publisher.isConnected)
        await broker.end()
    }

    @Test("What was not acknowledged comes again after a reconnect; what was does not")
    func manualAcknowledgement() async throws {
        let broker = try await MosquittoUnderTest()
        let keep: (inout MQTTOptions) -> Void = {
            $0.cleanStart = false
            $0.sessionExpiry = 600
        }
        let subscriber = client("s", broker.local, keep)
        let publisher = client("p", broker.local)
        try await subscriber.connect()
        try await publisher.connect()
        try await subscriber.subscribe([MQTTSubscription("q")])
        for number in UInt8(1)...3 { try await publisher.publish(MQTTMessage("q", [number])) }
        var messages = subscriber.messages.makeAsyncIterator()
        for number in UInt8(1)...3 {
            let delivery = try #require(await messages.next())
            #expect(delivery.message.payload == [number])
            // The acknowledgement of 1 is missing: that of 3 must wait for 2, both for 1.
            if number == 1 { delivery.acknowledge() }
            if number == 3 { delivery.acknowledge() }
        }
        await subscriber.disconnect()
        #expect(try await subscriber.connect() == true)
        #expect(await messages.next()?.message.payload == [2])
        #expect(await messages.next()?.message.payload == [3])
        await broker.end()
    }

    @Test("A message with QoS 2 is handed over once, its answers go both ways")
    func exactlyOnce() async throws {
        let broker = try await MosquittoUnderTest()
        let subscriber = client("s", broker.local)
        try await subscriber.connect()
        try await subscriber.subscribe([MQTTSubscription("q", qos: .exactlyOnce)])
        let sent = try ProgramUnderTest(
            "/usr/bin/mosquitto_pub",
            [
                "-V", "5", "-q", "2", "-t", "q", "-m", "once", "-p", "\(broker.port)", "-h",
                "127.0.0.1",
                "--repeat", "50",
            ],
            errors: "\(broker.directory.path)/pub.log")
        var messages = subscriber.messages.makeAsyncIterator()
        for _ in 0..<50 {
            let delivery = try #require(await messages.next())
            #expect(delivery.message.qos == .exactlyOnce)
            delivery.acknowledge()
        }
        #expect(await sent.exitStatus() == 0)
        await subscriber.disconnect()
        await broker.end()
    }

    @Test("Thousands of messages at once arrive in order, through a window of 20")
    func window() async throws {
        let broker = try await MosquittoUnderTest(
            ["allow_anonymous true", "max_queued_messages 100000", "set_tcp_nodelay true"])
        let subscriber = client("s", broker.loopback)
        let publisher = client("p", broker.loopback)
        try await subscriber.connect()
        try await publisher.connect()
        try await subscriber.subscribe([MQTTSubscription("q")])
        let count = 3_000
        let sending = Task {
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<count {
                    group.addTask {
                        (try? await publisher.publish(
                            MQTTMessage("q", Array("\(number)".utf8)))) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        var seen: Set<String> = []
        var messages = subscriber.messages.makeAsyncIterator()
        while seen.count < count, let delivery = await messages.next() {
            delivery.acknowledge()
            seen.insert(delivery.message.text)
        }
        #expect(seen.count == count)
        #expect(await sending.value == count)
        await broker.end()
    }

    @Test("A reader that does not read stops the connection, and nothing is lost")
    func backPressure() async throws {
        let broker = try await MosquittoUnderTest(
            ["allow_anonymous true", "max_queued_messages 100000", "max_queued_bytes 0"])
        let subscriber = client("s", broker.local)
        let publisher = client("p", broker.local)
        try await subscriber.connect()
        try await publisher.connect()
        try await subscriber.subscribe([MQTTSubscription("q", qos: .atMostOnce)])
        let payload = [UInt8](repeating: 1, count: 20_000)
        for _ in 0..<1_500 {
            try await publisher.publish(MQTTMessage("q", payload, qos: .atMostOnce))
        }
        var count = 0
        for await _ in subscriber.messages {
            count += 1
            if count == 1_500 { break }
        }
        #expect(count == 1_500)
        await broker.end()
    }

    @Test("The will of a client that vanishes is published, that of one that leaves is not")
    func will() async throws {
        let broker = try await MosquittoUnderTest()
        let watcher = client("w", broker.local)
        try await watcher.connect()
        try await watcher.subscribe([MQTTSubscription("will/+")])
        for (name, vanishes) in [("stays", false), ("vanishes", true)] {
            var options = MQTTOptions(clientID: name)
            options.will = MQTTMessage("will/\(name)", [1])
            let loop = group.next()
            let channel = try await loop.connect(to: broker.local)
            let recorder = HandlerRecorder()
            let connection = await loop.run { [options] in
                let connection = MQTTConnection(channel, options)
                connection.start(recorder)
                return connection
            }
            _ = await recorder.opened.take()
            await loop.run { connection.disconnect(withWill: vanishes) }
            let error = try #require(await recorder.closed.take())
            #expect(error == nil)
        }
        var messages = watcher.messages.makeAsyncIterator()
        #expect(await messages.next()?.message.topic == "will/vanishes")
        await broker.end()
    }

    @Test("Who may not enter is told so", arguments: [MQTTVersion.v311, .v5])
    func refused(version: MQTTVersion) async throws {
        let broker = try await MosquittoUnderTest(["allow_anonymous false"])
        let client = client("c", broker.local) { $0.version = version }
        await #expect(throws: MQTTError.refused(.notAuthorized, nil)) { try await client.connect() }
        #expect(!client.isConnected)
        await broker.end()
    }

    @Test("When the broker dies, who waits is told, and so is who publishes later")
    func brokerDies() async throws {
        let broker = try await MosquittoUnderTest()
        let client = client("c", broker.local)
        try await client.connect()
        await broker.end(9)
        await client.ended()
        await #expect(throws: MQTTError.closed) {
            try await client.publish(MQTTMessage("a", []))
        }
        await #expect(throws: MQTTError.self) { try await client.connect() }
    }

    @Test("A connection on which nothing happens is kept alive")
    func keepAlive() async throws {
        let broker = try await MosquittoUnderTest()
        let client = client("c", broker.local) { $0.keepAlive = 1 }
        try await client.connect()
        // Mosquitto cuts it after a second and a half without a word.
        try await Task.sleep(for: .seconds(4))
        #expect(client.isConnected)
        await broker.end()
    }
}

/// Hands what a connection tells to a waiting test.
final class HandlerRecorder: MQTTConnectionHandler, Sendable {
    let opened = Mailbox<ConnectAckPacket>()
    let received = Mailbox<MQTTMessage>()
    let closed = Mailbox<MQTTError?>()

    func connectionOpened(_ connection: MQTTConnection, _ answer: ConnectAckPacket) {
        opened.put(answer)
    }

    func connection(
        _ connection: MQTTConnection, received message: MQTTMessage, token: MQTTConnection.Token?
    ) { received.put(message) }

    func connectionClosed(_ connection: MQTTConnection, _ error: MQTTError?) { closed.put(error) }
}
