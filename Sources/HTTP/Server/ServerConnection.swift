import Basics
import Net

/// One connection of the server: requests out of its bytes, one after the other, each to the
/// handler, and the answers back. Confined to its loop.
final class ServerConnection: ChannelHandler, @unchecked Sendable {
    /// What a connection does about time.
    enum Watch { case nothing, idle, head, body }

    let channel: any ByteChannel
    let loop: EventLoop
    let site: ServerSite
    private let handler: Handler
    let peer: Peer
    private let idPrefix = Randomness.text(count: 10, from: .lowercaseAlphanumerics)
    private var requests = 0

    var parser: RequestParser
    private(set) var exchange: Exchange?
    /// Came behind the request that is being answered.
    private var backlog: [UInt8] = []
    private var isConsuming = false
    private var isPortionDue = false
    private var readEnded = false
    /// Whatever comes is not looked at any more.
    var isDeaf = false
    private var resumesWhenDrained = false
    var watch = Watch.nothing
    let deadline: MovingDeadline
    var writers: [SuspendedWriter] = []
    var onDrain: (() -> Void)?

    /// Beyond it the connection is not read while an answer is under way.
    private static let backlogLimit = 16_384
    /// 2 s: what a client on the other side of a slow line needs to say what it came for.
    static let firstRequest = Duration.seconds(2)

    init(_ channel: any ByteChannel, site: ServerSite, handler: @escaping Handler) {
        self.channel = channel
        self.site = site
        self.handler = handler
        loop = channel.loop
        deadline = MovingDeadline(channel.loop)
        parser = RequestParser(limits: site.limits)
        let security = channel.security
        peer = Peer(
            address: channel.peer.host, certificate: security?.peerCertificate,
            client: security?.client, applicationProtocol: security?.applicationProtocol,
            uid: channel.peer.userID,
            exporter: { label, count in security?.exporter(label, count) })
    }

    func start() {
        channel.writeStallLimit = site.limits.writeStall
        observe(.idle)
        channel.start(self)
    }

    // MARK: Input

    func channelRead(_ bytes: UnsafeRawBufferPointer) {
        guard !isDeaf else { return }
        if backlog.isEmpty { consume(bytes) } else { hold(bytes) }
    }

    private func consume(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        var begun = 0
        isConsuming = true
        defer { isConsuming = false }
        while !rest.isEmpty, !isDeaf, channel.isOpen {
            if let exchange {
                guard !exchange.isRead else { return hold(rest) }
                let count = readBody(of: exchange, rest)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            guard begun < site.limits.maxPipelined else {
                hold(rest)
                return continueNextTurn()
            }
            do throws(HTTPFault) {
                let step = try parser.feed(rest)
                rest = UnsafeRawBufferPointer(rebasing: rest[step.consumed...])
                guard let head = step.head else { continue }
                begun += 1
                begin(head)
            } catch { return refuse(error) }
        }
        observeInput()
    }

    private func hold(_ bytes: UnsafeRawBufferPointer) {
        backlog.append(contentsOf: bytes)
        if backlog.count >= Self.backlogLimit { channel.pauseReading() }
        observeInput()
    }

    private func continueNextTurn() {
        guard !isPortionDue else { return }
        isPortionDue = true
        loop.nextTurn { [self] in
            isPortionDue = false
            if exchange == nil { consumeBacklog() }
        }
    }

    private func consumeBacklog() {
        let bytes = backlog
        backlog = []
        bytes.withUnsafeBytes { consume($0) }
        guard backlog.isEmpty, !isDeaf else { return }
        if exchange?.wasPaused != true { channel.resumeReading() }
        if readEnded { inputEnded() } else { observeInput() }
    }

    func channelReadEnded() {
        readEnded = true
        if backlog.isEmpty { inputEnded() }
    }

    private func inputEnded() {
        guard let exchange else { return channel.close() }
        if !exchange.isRead { giveUp(exchange, .incomplete) }
        // A browser that leaves looks like one that has only finished asking. An upstream that
        // still works for it would be held for minutes.
        if exchange.isForwarded { exchange.task?.cancel() }
        exchange.isLast = true
    }

    func channelClosed(_ error: NetError?) {
        observe(.nothing)
        deadline.cancel()
        exchange?.body.fail(.incomplete)
        exchange?.task?.cancel()
        exchange = nil
        releaseWriters(.failure(.closed))
        onDrain = nil
        site.remove(self)
    }

    // MARK: Requests

    private func begin(_ head: RequestHead) {
        let body = RequestBody(framing: head.framing, highWater: site.limits.highWater) {
            [self] in
            if loop.isCurrent { demand() } else { loop.execute { self.demand() } }
        }
        let exchange = Exchange(
            head: head, body: body,
            isLast: !head.keepAlive || head.minorVersion == 0 || site.isDraining)
        self.exchange = exchange
        requests += 1
        let request = Request(
            head: head, peer: peer, body: body, id: idPrefix + Self.counter(requests),
            secure: channel.security != nil, localPort: Int(channel.peer.localPort))
        observe(.nothing)
        let task = Task.immediate(executorPreference: loop) { [self, handler] in
            let response = await handler(request)
            await answer(response, to: request, exchange)
        }
        if self.exchange === exchange { exchange.task = task }
    }

    /// Six letters of base 36.
    private static func counter(_ number: Int) -> String {
        let digits = String(number % 2_176_782_336, radix: 36)
        return String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    private func readBody(of exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> Int {
        var part: [UInt8] = []
        part.reserveCapacity(bytes.count)
        do throws(HTTPFault) {
            exchange.awaitsContinue = false
            let count = try exchange.decoder.decode(bytes, into: &part)
            exchange.receivedBytes += count
            if !exchange.isAnswered, !part.isEmpty, !exchange.body.deliver(part) {
                exchange.wasPaused = true
                channel.pauseReading()
            }
            if exchange.decoder.isDone {
                exchange.isRead = true
                exchange.body.finish()
                if exchange.isAnswered { proceed(exchange) }
            }
            return count
        } catch {
            giveUp(exchange, .malformed)
            return bytes.count
        }
    }

    /// Nothing of the request's rest can be had; its handler may still answer.
    func giveUp(_ exchange: Exchange, _ fault: BodyFault) {
        isDeaf = true
        exchange.isRead = true
        exchange.isLast = true
        exchange.body.fail(fault)
        observe(.nothing)
        if exchange.isAnswered { channel.close() }
    }

    /// Somebody wants the body.
    private func demand() {
        guard let exchange, !exchange.isRead else { return }
        if exchange.awaitsContinue, !exchange.isAnswerBegun {
            exchange.awaitsContinue = false
            channel.write(.bytes(HeadWriter.proceed))
        }
        if backlog.count < Self.backlogLimit { channel.resumeReading() }
        observeInput()
    }

    // MARK: Between requests

    /// The answer is written: on to the next request, or the end.
    func complete(_ exchange: Exchange) {
        loop.checkIsolated()
        guard self.exchange === exchange, !exchange.isAnswered else { return }
        exchange.isAnswered = true
        if exchange.isLast || site.isDraining {
            isDeaf = true
            observe(.nothing)
            return channel.close()
        }
        if exchange.isRead { return proceed(exchange) }
        channel.resumeReading()
        observeInput()
    }

    private func proceed(_ exchange: Exchange) {
        guard channel.pendingBytes < WaterMark.high else {
            resumesWhenDrained = true
            return
        }
        self.exchange = nil
        guard !isConsuming else { return }
        if backlog.isEmpty {
            if readEnded { return channel.close() }
            channel.resumeReading()
            observeInput()
        } else {
            consumeBacklog()
        }
    }

    func channelDrained() {
        releaseWriters(.success(()))
        guard resumesWhenDrained, let exchange else { return }
        resumesWhenDrained = false
        proceed(exchange)
    }

    /// No next request: at once if none is under way. Who has only just come in is answered: a
    /// connection that closes without a word looks like a server that is broken.
    func drain() {
        if requests == 0, exchange == nil {
            _ = loop.schedule(after: Self.firstRequest) { [weak self] in
                guard let self, self.exchange == nil else { return }
                channel.close()
            }
            return
        }
        guard let exchange, !exchange.isAnswered else { return channel.close() }
        exchange.isLast = true
        onDrain?()
    }

    /// What follows on the connection is no HTTP any more.
    func leaveHTTP() -> ChannelStream {
        observe(.nothing)
        isDeaf = true
        let stream = ChannelStream(channel, early: backlog)
        backlog = []
        stream.onClose { [self] in channelClosed(nil) }
        stream.start()
        return stream
    }

    /// The connection goes on without us.
    /// - Returns: what came behind the last request.
    func forget() -> [UInt8] {
        let early = backlog
        backlog = []
        isDeaf = true
        channelClosed(nil)
        return early
    }

    func refuse(_ fault: HTTPFault) {
        isDeaf = true
        observe(.nothing)
        site.log.debug("\(peer.address): \(fault.status) \(fault.reason)")
        let problem = Problem(
            type: "/problems/malformed", title: Status.text(fault.status), status: fault.status,
            detail: fault.reason)
        writePlain(problem, connection: .close)
        channel.close()
    }
}
