import Basics
import Crypto
import Domain
import MQTT
import Net

/// One device that is not there: its own certificate, connection, session and store, and no
/// Node-RED. It answers what it is told as `lineside agent` does.
// Unchecked: everything but what is constant belongs to the loop.
final class SimulatedDevice: MQTTConnectionHandler, @unchecked Sendable {
    let number: Int
    let identity: SimulatedIdentity
    let workshop: SimulatedWorkshop
    let store: SimulatedStore
    private let loop: EventLoop
    private let own: TLSIdentity
    private var resumption = TLSResumption()
    private var connection: MQTTConnection?
    private var running: SimulatedStore.Running
    private var step = AgentTransaction()
    /// Newer documents replace what has not begun.
    private var wanted: (revision: Int64, document: DesiredDocument?)?
    private var isBusy = false
    private var isStopped = false
    private var isCounted = false
    private var tries = 0

    init(
        _ number: Int, _ identity: SimulatedIdentity, in directory: String, on loop: EventLoop,
        _ workshop: SimulatedWorkshop
    ) throws(OpenSSLError) {
        self.number = number
        self.identity = identity
        self.loop = loop
        self.workshop = workshop
        store = SimulatedStore(directory: directory)
        running = store.running()
        own = try TLSIdentity(
            .init(chain: Array(identity.certificate.utf8), key: Array(identity.key.utf8)))
    }

    var tls: TLSIdentity { own }

    func start() { loop.execute { self.connect() } }

    /// Ends the connection as a cut would; the device comes back by itself.
    /// - Parameter fresh: without its TLS session.
    func drop(fresh: Bool) {
        loop.execute {
            if fresh { self.resumption = TLSResumption() }
            self.connection?.disconnect(withWill: true)
        }
    }

    func stop() {
        loop.execute {
            self.isStopped = true
            self.connection?.disconnect()
        }
    }

    // MARK: The connection

    private func connect() {
        guard !isStopped, connection == nil else { return }
        let gate = workshop.connecting
        gate.enter {
            self.loop.execute {
                self.loop.connect(
                    to: .tcp(host: self.workshop.settings.host, port: self.workshop.settings.port),
                    tls: ConnectTLS(
                        self.workshop.mqttTLS, name: self.workshop.settings.host,
                        identity: self.own, resumption: self.resumption),
                    timeout: .seconds(30)
                ) { result in
                    gate.leave()
                    self.reached(result)
                }
            }
        }
    }

    private func reached(_ result: Result<any ByteChannel, NetError>) {
        switch result {
        case .failure(let error):
            workshop.tally.note { $0.refused += 1 }
            workshop.tally.note(trouble: "\(error)")
            again()
        case .success(let channel):
            if channel.security?.isResumed == true { workshop.tally.note { $0.resumed += 1 } }
            var options = MQTTOptions(clientID: identity.brokerName)
            options.username = identity.brokerName
            options.cleanStart = false
            options.sessionExpiry = 86_400
            options.packetLimit = AgentCommand.limit + 4_096
            let connection = MQTTConnection(channel, options)
            self.connection = connection
            connection.start(self)
        }
    }

    /// Two to four times as long after each failure, at most 10 s: as the real one comes back.
    private func again() {
        guard !isStopped else { return }
        tries += 1
        let base = min(10_000, 50 << min(tries, 8))
        let pause = Int.random(in: base / 2...base)
        _ = loop.schedule(after: .milliseconds(pause)) { [self] in connect() }
    }

    func connectionOpened(_ connection: MQTTConnection, _ answer: ConnectAckPacket) {
        let topic = AgentTopic(.command, team: identity.team, device: identity.device).text
        connection.subscribe([MQTTSubscription(topic)]) { [self] result in
            guard case .success = result, connection === self.connection else { return }
            tries = 0
            isCounted = true
            workshop.tally.note {
                $0.connected += 1
                $0.connections += 1
            }
            tellStatus()
        }
    }

    func connectionClosed(_ connection: MQTTConnection, _ error: MQTTError?) {
        guard connection === self.connection else { return }
        self.connection = nil
        let wasCounted = isCounted
        isCounted = false
        workshop.tally.note {
            if wasCounted { $0.connected -= 1 }
            $0.lost += 1
        }
        if let error { workshop.tally.note(trouble: "\(error)") }
        again()
    }

    func connection(
        _ connection: MQTTConnection, received message: MQTTMessage, token: MQTTConnection.Token?
    ) {
        defer { if let token { connection.acknowledge(token) } }
        guard let command = try? AgentCommand.read(message.payload) else { return }
        workshop.tally.note { $0.commands += 1 }
        publish(.reply, AgentReply(command.id).bytes)
        switch command.order {
        case .apply(let document, _): want(document.revision, document)
        case .fetch(let revision, _): want(revision, nil)
        default: break
        }
    }

    // MARK: What it is told

    private func want(_ revision: Int64, _ document: DesiredDocument?) {
        guard revision > running.revision, revision != running.failed else { return tellStatus() }
        if let wanted, wanted.revision > revision { return }
        if isBusy, step.revision == revision { return tellStatus() }
        wanted = (revision, document)
        begin()
    }

    private func begin() {
        guard !isBusy, let next = wanted else { return }
        isBusy = true
        wanted = nil
        step = AgentTransaction(phase: .fetch, revision: next.revision)
        tellStatus()
        let device = self
        Task {
            let outcome = await device.workshop.apply(next.revision, next.document, on: device)
            device.loop.execute { device.done(next.revision, outcome) }
        }
    }

    /// From the workshop: what it has fetched is being switched to.
    func switching(_ revision: Int64) {
        loop.execute {
            self.step.phase = .probation
            self.tellStatus()
        }
    }

    private func done(_ revision: Int64, _ outcome: SimulatedWorkshop.Outcome) {
        isBusy = false
        switch outcome {
        case .runs(let kept):
            running = kept
            step = AgentTransaction(phase: .idle, revision: revision)
            workshop.tally.note { $0.applied += 1 }
        case .failed(let kept, let reason):
            running = kept
            step = AgentTransaction(phase: .failed, revision: revision, reason: reason)
            workshop.tally.note { $0.failed += 1 }
        case .unreachable(let reason):
            workshop.tally.note { $0.fetchFaults += 1 }
            workshop.tally.note(trouble: reason)
            // As the real one: it goes on with what it was told until it has it.
            if wanted == nil { wanted = (revision, nil) }
            _ = loop.schedule(after: .seconds(2)) { [self] in begin() }
            return
        }
        tellStatus()
        begin()
    }

    private func tellStatus() {
        let status = AgentStatus(
            revision: running.revision, snapshot: running.snapshot,
            state: running.snapshot == nil ? .stopped : .running, mode: .autonomous,
            transaction: step, agentVersion: Product.version, nodeREDVersion: "4.1.3",
            nodeVersion: nil, uptime: nil, clock: .now(), bootID: "simulated",
            serial: identity.serial, problem: nil)
        publish(.status, status.bytes)
    }

    /// What is lost with the connection is said again with the next one.
    private func publish(_ word: AgentTopic.Word, _ payload: [UInt8]) {
        let topic = AgentTopic(word, team: identity.team, device: identity.device).text
        connection?.publish(MQTTMessage(topic, payload))
    }
}
