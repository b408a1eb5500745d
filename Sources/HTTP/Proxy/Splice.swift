/// Two connections made into one: what comes in here goes out there.
enum Splice {
    /// Returns when both directions have ended.
    static func run(
        client: any ByteStream, upstream: ChannelStream, early: [UInt8], policy: ProxyPolicy
    ) async {
        let socket = ProxiedSocket(client: client, upstream: upstream)
        policy.onWebSocket(socket)
        if !early.isEmpty { client.enqueue(early) }
        await withTaskCancellationHandler {
            async let inwards: Void = pump(from: client, to: upstream) {
                // The client has said goodbye; the upstream gets a moment to do the same.
                upstream.limitIdle(to: .seconds(10))
            }
            await pump(from: upstream, to: client) {}
            // An upstream that has gone takes nothing more.
            client.close()
            upstream.close()
            await inwards
        } onCancel: {
            socket.close()
        }
        socket.ended()
    }

    private static func pump(
        from source: any ByteStream, to sink: any ByteStream, ended: () -> Void
    ) async {
        do throws(StreamFault) {
            while let bytes = try await source.read() { try await sink.write(bytes) }
            ended()
            sink.finish()
        } catch {
            source.abort()
            sink.abort()
        }
    }
}
