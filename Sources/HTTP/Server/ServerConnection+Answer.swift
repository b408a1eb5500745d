import Basics
import Net

/// Somebody who writes faster than the client reads.
typealias SuspendedWriter = CheckedContinuation<Result<Void, StreamFault>, Never>

extension ServerConnection {
    func answer(_ response: Response, to request: Request, _ exchange: Exchange) async {
        loop.checkIsolated()
        guard self.exchange === exchange, channel.isOpen else { return }
        switch response {
        case .full(let status, let headers, let body):
            writeFull(status, headers, body, exchange)
            complete(exchange)
        case .stream(let status, let headers, let length, let produce):
            await stream(status, headers, length, produce, exchange)
        case .webSocket(let name, let serve):
            await serveWebSocket(name, serve, exchange)
        case .upgrade(let headers, let serve):
            await serveUpgrade(headers, serve, exchange)
        case .handOver(let headers, let take): handOver(headers, take, exchange)
        case .proxy(let upstream, let policy):
            exchange.isForwarded = true
            let answer = await site.forward(request, upstream, policy)
            await self.answer(answer, to: request, exchange)
        }
    }

    /// - Returns: `false` if the head could not be made, and a 500 went instead.
    private func writeHead(
        _ status: Int, _ headers: Headers, _ framing: BodyFraming, _ exchange: Exchange
    ) -> Bool {
        exchange.isAnswerBegun = true
        if !exchange.isRead, !exchange.isRestSmall { exchange.isLast = true }
        if site.isDraining { exchange.isLast = true }
        do throws(HTTPFault) {
            guard status >= 200 else { throw HTTPFault(500, "no final status: \(status)") }
            let bytes = try HeadWriter.response(
                status, headers: headers, framing: framing,
                connection: exchange.isLast ? .close : .keepAlive, date: DateField.now)
            channel.write(.bytes(bytes))
            return true
        } catch {
            site.log.error("an answer that cannot be sent: \(error.reason)")
            exchange.isLast = true
            writePlain(
                Problem(
                    type: "/problems/internal", title: "Internal error", status: 500,
                    detail: "The answer could not be made. The log says more."),
                connection: .close)
            return false
        }
    }

    func writePlain(_ problem: Problem, connection: HeadWriter.Connection) {
        let body = problem.json
        let head = try? HeadWriter.response(
            problem.status, headers: [Header.contentType: "application/problem+json"],
            framing: .length(Int64(body.count)), connection: connection, date: DateField.now)
        guard let head else { return }
        channel.write(.bytes(head))
        channel.write(.bytes(body))
    }

    private static func hasNoBody(_ status: Int) -> Bool { status == 204 || status == 304 }

    private func writeFull(
        _ status: Int, _ headers: Headers, _ body: Response.Body, _ exchange: Exchange
    ) {
        let framing: BodyFraming =
            Self.hasNoBody(status) || body.count == 0 ? .none : .length(Int64(body.count))
        guard writeHead(status, headers, framing, exchange) else { return }
        guard exchange.head.method != .head, !Self.hasNoBody(status) else { return }
        switch body {
        case .none: break
        case .bytes(let bytes): channel.write(.bytes(bytes))
        case .static(let bytes): channel.write(.static(bytes))
        }
    }

    // MARK: Streams

    private func stream(
        _ status: Int, _ headers: Headers, _ length: Int64?,
        _ produce: @Sendable (ResponseWriter) async throws -> Void, _ exchange: Exchange
    ) async {
        let framing: BodyFraming =
            if Self.hasNoBody(status) {
                .none
            } else if let length { .length(length) } else {
                exchange.head.minorVersion == 0 ? .untilClose : .chunked
            }
        guard writeHead(status, headers, framing, exchange) else { return complete(exchange) }
        exchange.isChunked = framing == .chunked
        exchange.owed = framing.declaredLength
        exchange.dropsBody = exchange.head.method == .head || Self.hasNoBody(status)
        let writer = ResponseWriter { [self] bytes throws(StreamFault) in
            try await send(bytes, exchange)
        }
        do {
            try await produce(writer)
            guard exchange.dropsBody || exchange.owed ?? 0 == 0 else { throw StreamFault.closed }
            if exchange.isChunked, !exchange.dropsBody {
                channel.write(.bytes(ChunkedEncoder.last))
            }
            complete(exchange)
        } catch {
            if exchange.dropsBody { return complete(exchange) }
            site.log.debug("an answer was cut short: \(error)")
            // The client must see that something is missing.
            channel.abort(.aborted)
        }
    }

    /// From any executor; in order, as long as the caller awaits each.
    private func send(_ bytes: [UInt8], _ exchange: Exchange) async throws(StreamFault) {
        let result = await withCheckedContinuation { (writer: SuspendedWriter) in
            if loop.isCurrent { return write(bytes, exchange, writer) }
            loop.execute { self.write(bytes, exchange, writer) }
        }
        try result.get()
    }

    private func write(_ bytes: [UInt8], _ exchange: Exchange, _ writer: SuspendedWriter) {
        guard self.exchange === exchange, channel.isOpen, !exchange.dropsBody else {
            return writer.resume(returning: .failure(.closed))
        }
        if let owed = exchange.owed {
            guard owed >= Int64(bytes.count) else {
                return writer.resume(returning: .failure(.failed("more than was announced")))
            }
            exchange.owed = owed - Int64(bytes.count)
        }
        if exchange.isChunked { channel.write(.bytes(ChunkedEncoder.start(bytes.count))) }
        var state = channel.write(.bytes(bytes))
        if exchange.isChunked { state = channel.write(.bytes(ChunkedEncoder.end)) }
        if state == .full { return writers.append(writer) }
        writer.resume(returning: .success(()))
    }

    func releaseWriters(_ result: Result<Void, StreamFault>) {
        let released = writers
        writers = []
        for writer in released { writer.resume(returning: result) }
    }

    // MARK: Other protocols

    private func serveWebSocket(
        _ name: String?, _ serve: @Sendable (WebSocket) async -> Void, _ exchange: Exchange
    ) async {
        let headers: Headers
        do throws(HTTPFault) {
            let accepted = try WebSocketHandshake.accept(exchange.head)
            headers = WebSocketHandshake.headers(accepted, choosing: name)
        } catch {
            return await answerPlainly(WebSocketHandshake.refusal(error), exchange)
        }
        guard let stream = switchProtocols("websocket", headers, exchange) else { return }
        let socket = WebSocket(stream, role: .server)
        onDrain = { socket.close(code: 1001, reason: "the server stops") }
        if site.isDraining { onDrain?() }
        await serve(socket)
        socket.close()
        stream.finish()
        channel.close()
    }

    private func serveUpgrade(
        _ headers: Headers, _ serve: @Sendable (any ByteStream) async -> Void,
        _ exchange: Exchange
    ) async {
        guard let name = headers[Header.upgrade] ?? exchange.head.upgrade,
            let stream = switchProtocols(name, headers, exchange)
        else { return }
        onDrain = { stream.abort() }
        await serve(stream)
        stream.finish()
        channel.close()
    }

    private func handOver(
        _ headers: Headers, _ take: @Sendable (any ByteChannel, [UInt8]) -> Void,
        _ exchange: Exchange
    ) {
        guard let name = headers[Header.upgrade] ?? exchange.head.upgrade,
            announce(name, headers, exchange)
        else { return }
        take(channel, forget())
    }

    private func answerPlainly(_ response: Response, _ exchange: Exchange) async {
        guard case .full(let status, let headers, let body) = response else { return }
        writeFull(status, headers, body, exchange)
        complete(exchange)
    }

    private func switchProtocols(
        _ name: String, _ headers: Headers, _ exchange: Exchange
    ) -> ChannelStream? {
        announce(name, headers, exchange) ? leaveHTTP() : nil
    }

    /// - Returns: `false` if the 101 could not be sent, and the connection ends.
    private func announce(_ name: String, _ headers: Headers, _ exchange: Exchange) -> Bool {
        guard exchange.isRead else {
            exchange.isLast = true
            writePlain(.malformed("An upgrade has no body."), connection: .close)
            complete(exchange)
            return false
        }
        do throws(HTTPFault) {
            let head = try HeadWriter.response(
                101, headers: headers, framing: .none, connection: .upgrade(name),
                date: DateField.now)
            channel.write(.bytes(head))
            return true
        } catch {
            site.log.error("an upgrade that cannot be answered: \(error.reason)")
            channel.abort(.aborted)
            return false
        }
    }
}
