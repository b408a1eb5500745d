package import Net

/// A client that says what it is told to, byte for byte.
package struct RawClient: Sendable {
    package let channel: any ByteChannel
    package let recorder: ChannelRecorder

    /// - Parameter reads: `false`: takes nothing until `read` is called.
    package init(
        port: Int, on loop: EventLoop, tls: ConnectTLS? = nil, keepsBytes: Bool = true,
        reads: Bool = true
    ) async throws(NetError) {
        let channel = try await loop.connect(
            to: .tcp(host: "127.0.0.1", port: UInt16(port)), tls: tls)
        let recorder = ChannelRecorder(keepsBytes: keepsBytes)
        self.channel = channel
        self.recorder = recorder
        if reads { await read() }
    }

    package func read() async {
        await channel.loop.run { [channel, recorder] in channel.start(recorder) }
    }

    package func send(_ text: String) async { await send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) async {
        await channel.loop.run { [channel] in _ = channel.write(.bytes(bytes)) }
    }

    package func finish() async {
        await channel.loop.run { [channel] in channel.shutdownWrite() }
    }

    package func abort() async {
        await channel.loop.run { [channel] in channel.abort(.aborted) }
    }

    /// All that came until the server ended the connection; then we end it too.
    package func untilEnd() async -> String {
        let text = await recorder.wait { $0.readEnded || $0.closed }.text
        await channel.loop.run { [channel] in channel.close() }
        return text
    }

    /// All that came so far once it holds `part` so many times.
    package func until(_ part: String, times: Int = 1) async -> String {
        await recorder.wait { seen in
            seen.readEnded || seen.closed || seen.text.count(of: part) >= times
        }.text
    }
}

extension String {
    package func count(of part: String) -> Int {
        let (whole, part) = (Array(utf8), Array(part.utf8))
        guard !part.isEmpty, whole.count >= part.count else { return 0 }
        return (0...(whole.count - part.count)).count { whole[$0..<$0 + part.count] == part[...] }
    }
}
