import Basics
import LinesideTesting
import MQTT
import Net
import Synchronization
import Testing

/// Against a broker that says what a script tells it to.
@Suite("MQTT connection", .timeLimit(.minutes(10))) struct ConnectionTests {
    /// One connection and the bare channel at its other end.
    private struct Table {
        let group: EventLoopGroup
        let listener: Listener
        let connection: MQTTConnection
        let recorder = HandlerRecorder()
        let broker: any ByteChannel
        let seen = ChannelRecorder()
        let clock: LoopClock
        let loop: EventLoop

        init(_ options: MQTTOptions = MQTTOptions(clientID: "c")) async throws {
            clock = LoopClock.manual()
            var loopOptions = EventLoop.Options()
            loopOptions.clock = clock
            group = try EventLoopGroup(options: loopOptions)
            loop = group.loops[0]
            let accepted = Mailbox<any ByteChannel>()
            listener = try Listener(
                .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits()
            ) { accepted.put($0) }
            listener.start()
            let channel = try await loop.connect(to: .tcp(host: "127.0.0.1", port: listener.port))
            broker = try #require(await accepted.take())
            let (recorder, broker, seen) = (recorder, broker, seen)
            connection = await loop.run {
                broker.start(seen)
                let connection = MQTTConnection(channel, options)
                connection.start(recorder)
                return connection
            }
        }

        func ask<Value: Sendable>(
            _ body: @escaping @Sendable (MQTTConnection) -> Value
        ) async -> Value {
            await loop.run { [connection] in body(connection) }
        }

        func say(_ bytes: [UInt8]) async {
            await loop.run { [broker] in _ = broker.write(.bytes(bytes)) }
        }

        func say(_ packet: MQTTPacket) async throws {
            await say(try PacketEncoder(version: .v5).encode(packet))
        }

        func open() async throws {
            try await say(.connectAck(ConnectAckPacket()))
            _ = await recorder.opened.take()
        }

        func end() async {
            await loop.run { [broker] in broker.abort(.aborted) }
            await listener.stop()
            await group.shutdown()
        }
    }

    @Test(
        "A broker that breaks the protocol ends the connection",
        arguments: [
            [0xD0, 0], [0x20, 3, 1, 0, 0], [0x10, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x20, 3, 0, 0x87, 0],
        ] as [[UInt8]])
    func badGreeting(bytes: [UInt8]) async throws {
        let table = try await Table()
        await table.say(bytes)
        let error = try #require(await table.recorder.closed.take())
        #expect(error != nil)
        await table.end()
    }

    @Test(
        "A broker that says what no broker says is told so and left",
        arguments: [
            [0x40, 2, 0, 1], [0x90, 4, 0, 1, 0, 0], [0xC0, 0], [0x82, 7, 0, 1, 0, 0, 1, 97, 0],
            [0x50, 2, 0, 1], [0x70, 2, 0, 1], [0x30, 7, 0, 1, 97, 3, 0x23, 0, 1],
        ] as [[UInt8]])
    func badPacket(bytes: [UInt8]) async throws {
        let table = try await Table()
        try await table.open()
        await table.say(bytes)
        let error = try #require(await table.recorder.closed.take())
        guard case .malformed = error else {
            Issue.record("ended by \(String(describing: error))")
            return
        }
        let seen = await table.seen.wait { $0.readEnded }
        #expect(seen.bytes.suffix(3) == [0xE0, 1, 0x82])
        await table.end()
    }

    @Test("Far more unacknowledged messages than we said we take are not taken")
    func receiveMaximum() async throws {
        let table = try await Table()
        try await table.open()
        for id in UInt16(1)...20_001 {
            try await table.say(.publish(PublishPacket(MQTTMessage("a", []), id: id)))
        }
        guard case .malformed = await table.recorder.closed.take() else {
            Issue.record("the connection went on")
            return
        }
        await table.end()
    }

    @Test("A QoS 2 message that comes twice is handed over once")
    func duplicate() async throws {
        let table = try await Table()
        try await table.open()
        let message = MQTTMessage("a", [1], qos: .exactlyOnce)
        try await table.say(.publish(PublishPacket(message, id: 7)))
        try await table.say(.publish(PublishPacket(message, id: 7, isDuplicate: true)))
        try await table.say(.publish(PublishPacket(MQTTMessage("a", [2], qos: .atMostOnce))))
        #expect(await table.recorder.received.take()?.payload == [1])
        #expect(await table.recorder.received.take()?.payload == [2])
        try await table.say(.acknowledge(AcknowledgePacket(.release, id: 7)))
        _ = await table.seen.wait { $0.bytes.suffix(4) == [0x70, 2, 0, 7] }
        let received = await table.ask { $0.received }
        #expect(received == [])
        await table.end()
    }

    @Test("Without an answer to the CONNECT, a ping or a publish the connection ends")
    func noAnswer() async throws {
        for stage in 0..<3 {
            var options = MQTTOptions(clientID: "c")
            options.keepAlive = 20
            let table = try await Table(options)
            let published = Mailbox<MQTTError?>()
            if stage > 0 { try await table.open() }
            if stage == 2 {
                await table.loop.run { [connection = table.connection] in
                    connection.publish(MQTTMessage("a", [])) { result in
                        if case .failure(let error) = result { published.put(error) }
                    }
                }
            }
            for _ in 0..<8 {
                table.clock.advance(by: .seconds(10))
                await table.loop.run {}
            }
            let error = try #require(await table.recorder.closed.take())
            #expect(error == .timedOut, "stage \(stage)")
            if stage == 2 {
                let told = try #require(await published.take())
                #expect(told == .timedOut)
            }
            await table.end()
        }
    }

    @Test("A ping goes out when nothing else does, and its answer keeps the connection")
    func ping() async throws {
        var options = MQTTOptions(clientID: "c")
        options.keepAlive = 20
        let table = try await Table(options)
        try await table.open()
        for round in 1...5 {
            table.clock.advance(by: .seconds(20))
            let seen = await table.seen.wait { seen in
                seen.bytes.suffix(round * 2).elementsEqual((0..<round).flatMap { _ in [0xC0, 0] })
            }
            #expect(!seen.closed)
            try await table.say(.pingResponse)
            await table.loop.run {}
        }
        let isOpen = await table.ask { $0.isOpen }
        #expect(isOpen)
        await table.end()
    }

    @Test("A publish that the broker refuses fails, and the next goes through")
    func refusedPublish() async throws {
        let table = try await Table()
        try await table.open()
        let results = Mailbox<Bool>()
        await table.loop.run { [connection = table.connection] in
            for _ in 0..<2 {
                connection.publish(MQTTMessage("a", [])) { result in
                    if case .success = result { results.put(true) } else { results.put(false) }
                }
            }
        }
        var refusal = AcknowledgePacket(.publish, id: 1)
        refusal.reason = .quotaExceeded
        try await table.say(.acknowledge(refusal))
        try await table.say(.acknowledge(AcknowledgePacket(.publish, id: 2)))
        #expect(await results.take() == false)
        #expect(await results.take() == true)
        await table.end()
    }

    @Test("Too much that waits is refused at once")
    func full() async throws {
        var options = MQTTOptions(clientID: "c")
        options.waitingLimit = 5
        let table = try await Table(options)
        try await table.open()
        let errors = Mailbox<MQTTError>()
        await table.loop.run { [connection = table.connection] in
            for _ in 0..<26 {
                connection.publish(MQTTMessage("a", [])) { result in
                    if case .failure(let error) = result { errors.put(error) }
                }
            }
        }
        #expect(await errors.take() == .full)
        await table.end()
    }
}
