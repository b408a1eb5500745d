import Basics
import Crypto
import Domain
import Glibc
import MQTT
package import Net
import Processes
package import Store
import Synchronization

/// Keeps the site's broker running and our connection to it. The broker outlives the appliance,
/// which takes it over again; one that ends is started anew, after pauses that double to a minute.
/// Where there is no Mosquitto it says so and goes on without.
package actor BrokerService: Service {
    package struct Parts: Sendable {
        package var files: BrokerFiles
        package var settings: BrokerSettings
        package var stores: Stores
        package var users: BrokerUsers
        package var access: BrokerAccess
        package var link: BrokerLink
        package var entrance: BrokerEntrance
        package var alarms: any SiteAlarmBoard
        package var loops: EventLoopGroup
        /// The plugin's bytes.
        package var plugin: [UInt8]?
        package var executable: String
        /// How long nobody is told of a broker that is away. 20 s: one that was killed is back by
        /// then.
        package var patience: Duration
        /// Called when what `status` says is another than before.
        package var changed: @Sendable () -> Void

        package init(
            files: BrokerFiles, settings: BrokerSettings, stores: Stores, users: BrokerUsers,
            access: BrokerAccess, link: BrokerLink, entrance: BrokerEntrance,
            alarms: any SiteAlarmBoard, loops: EventLoopGroup,
            plugin: [UInt8]? = BrokerService.embeddedPlugin,
            executable: String = "/usr/sbin/mosquitto", patience: Duration = .seconds(20),
            changed: @escaping @Sendable () -> Void = {}
        ) {
            self.files = files
            self.settings = settings
            self.stores = stores
            self.users = users
            self.access = access
            self.link = link
            self.entrance = entrance
            self.alarms = alarms
            self.loops = loops
            self.plugin = plugin
            self.executable = executable
            self.patience = patience
            self.changed = changed
        }
    }

    /// As it lies in the executable.
    package static var embeddedPlugin: [UInt8]? {
        EmbeddedFiles.file("/broker/plugin.so").map { Array($0) }
    }

    private struct Shown {
        var state = BrokerStatus.State.stopped
        var problem: String?
        /// Of the users that it has.
        var unsettled: String?
        var port: Int?
    }

    private static let pauses = Backoff(first: .seconds(1), limit: .seconds(60))
    private static let linkPauses = Backoff(first: .milliseconds(50), limit: .seconds(5))

    private let parts: Parts
    private let executor = BlockingExecutor(label: "broker")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let log = Log("broker")
    private let shown = Mutex(Shown())
    private var process: BrokerProcess?
    private var refusals = 0
    private var lastUp = ContinuousClock.now
    private var isDown = false
    /// Whether this start of the appliance has had a connection.
    private var hasBeenUp = false
    private var unsettledSince: ContinuousClock.Instant?
    private var drops = DropWatch()
    private var certificate: [UInt8]?
    private var looks = 0
    private var told: BrokerStatus?
    private var database: BrokerDatabase
    private var memory = BrokerMemoryWatch()
    private var wasAside: Bool?

    package init(_ parts: Parts) {
        self.parts = parts
        database = BrokerDatabase(parts.files)
    }

    /// How it is now. Any thread.
    package nonisolated var status: BrokerStatus {
        let shown = shown.withLock { $0 }
        let settings = parts.settings
        let isUp = parts.link.isUp
        let state: BrokerStatus.State = isUp ? .running : shown.state
        return BrokerStatus(
            state: settings.isEnabled ? state : .stopped,
            problem: isUp ? shown.unsettled : shown.problem ?? parts.link.problem,
            isExternal: settings.external != nil, port: shown.port,
            connections: parts.link.count(TopicGrammar.connectionCount),
            dropped: parts.link.count(TopicGrammar.droppedCount),
            messages: parts.link.count(TopicGrammar.receivedCount),
            unenforceable: settings.unenforceable)
    }

    package func run() async throws {
        guard parts.settings.isEnabled else {
            try await Task.sleep(for: .seconds(1 << 40))
            return
        }
        lastUp = .now
        show(.starting)
        if parts.settings.external == nil { try await readUsers() }
        await withTaskGroup(of: Void.self) { group in
            if parts.settings.external == nil { group.addTask { await self.keepBroker() } }
            group.addTask { await self.keepLink() }
            group.addTask { await self.watch() }
            await group.waitForAll()
        }
        parts.entrance.open(nil)
        if parts.settings.stopsOnExit, let process { await BrokerProcess.end(process.child) }
    }

    private func show(_ state: BrokerStatus.State, _ problem: String? = nil) {
        shown.withLock { shown in
            shown.state = state
            shown.problem = problem
        }
    }

    /// Before the broker may ask who may come in.
    private func readUsers() async throws {
        while true {
            do {
                try await parts.access.replaceAll(try await parts.users.load())
                return
            } catch {
                show(.down, "The broker's users were not read: \(error)")
                log.error("the broker's users were not read: \(error)")
                try await Task.sleep(for: .seconds(10))
            }
        }
    }

    // MARK: The process

    private func keepBroker() async {
        var attempt = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            var isLasting = false
            // One that starts now shows this one, or a later one.
            certificate = try? Files.read(parts.settings.certificate, limit: .mebibytes(1))
            database.begins()
            do throws(BrokerProcess.Fault) {
                let taken = try await BrokerProcess.take(
                    parts.files, parts.settings, plugin: parts.plugin,
                    executable: parts.executable)
                process = taken
                refusals = 0
                shown.withLock { $0.port = taken.port }
                show(.starting)
                parts.entrance.open(
                    BrokerSpliceTarget(
                        socketPath: parts.files.socket, openPath: parts.files.openSocket,
                        secret: Array(taken.secrets.certificate.utf8)))
                log.notice(
                    taken.child.isAdopted
                        ? "the broker that ran is taken over" : "the broker was started")
                // Which certificate it has read is not known.
                if taken.child.isAdopted { taken.child.signal(SIGHUP) }
                guard let status = await end(of: taken.child) else { return }
                log.warning("the broker has ended: \(status)")
                show(.down, "The broker has ended (\(status)) and is started again.")
                if database.ended(status) {
                    log.error("the broker could not load its database, which is moved aside")
                }
            } catch {
                isLasting = error.isLasting
                if attempt == 0 { log.error("\(error.reason)") }
                show(.down, error.reason)
            }
            process = nil
            parts.entrance.open(nil)
            if ContinuousClock.now - began > .seconds(60) { attempt = 0 }
            attempt += 1
            let pause =
                isLasting
                ? .seconds(60)
                : Self.pauses.pause(attempt: attempt, jitter: .random(in: 0...1))
            try? await Task.sleep(for: pause)
        }
    }

    /// `nil` if the appliance ends first.
    private func end(of child: ChildProcess) async -> ExitStatus? {
        let (ends, end) = AsyncStream.makeStream(of: ExitStatus.self)
        Task { end.yield(await child.exit()) }
        for await status in ends { return status }
        return nil
    }

    // MARK: The connection

    private func keepLink() async {
        var attempt = 0
        while !Task.isCancelled {
            attempt += 1
            if let client = client() {
                let link = parts.link
                do throws(MQTTError) {
                    try await link.serve(client, hasPlugin: parts.settings.external == nil) {
                        await self.linked()
                    }
                    attempt = 0
                } catch { await linkFailed(error) }
            }
            let pause = Self.linkPauses.pause(
                attempt: max(attempt, 1), jitter: .random(in: 0...1))
            try? await Task.sleep(for: pause)
        }
    }

    private func linked() async {
        refusals = 0
        database.serves()
        do throws(BrokerFault) { try await parts.access.synchronize() } catch {
            log.error("the broker did not take its users: \(error)")
        }
    }

    /// A broker that does not know us has another start's secrets, or lost its plugin.
    private func linkFailed(_ error: MQTTError) async {
        guard case .refused = error, let process else { return }
        refusals += 1
        guard refusals == 3 else { return }
        log.error("the broker does not take the appliance in, and is started again")
        await BrokerProcess.end(process.child)
    }

    private func client() -> MQTTClient? {
        var options = MQTTOptions(clientID: TopicGrammar.link)
        options.keepAlive = 30
        options.packetLimit = BrokerConfiguration.messageLimit + 131_072
        let loop = parts.loops.next()
        if let external = parts.settings.external {
            return Self.client(external, options, loop)
        }
        guard let process else { return nil }
        options.username = TopicGrammar.link
        options.password = Array(process.secrets.link.utf8)
        let address = ConnectAddress.unix(path: parts.files.socket)
        return MQTTClient(options) { () async throws(NetError) in
            try await loop.connect(to: address)
        }
    }

    private static func client(
        _ external: BrokerSettings.External, _ options: MQTTOptions, _ loop: EventLoop
    ) -> MQTTClient {
        var options = options
        options.username = external.user
        if let file = external.passwordFile, let bytes = try? Files.read(file, limit: .kibibytes(4))
        {
            options.password = bytes.filter { $0 != 0x0A && $0 != 0x0D }
        }
        return MQTTClient(options) { () async throws(NetError) in
            var tls: ConnectTLS?
            if let file = external.authority {
                let authority: [UInt8]
                do throws(SystemError) {
                    authority = try Files.read(file, limit: .mebibytes(1))
                } catch { throw .system(error) }
                tls = ConnectTLS(
                    try TLSClientConfiguration(authority: authority), name: external.host)
            }
            return try await loop.connect(
                to: .tcp(host: external.host, port: external.port), tls: tls)
        }
    }

    // MARK: Looking after it

    private func watch() async {
        while !Task.isCancelled {
            await lookAtUsers()
            look()
            let now = status
            if now != told { parts.changed() }
            told = now
            await noteSeen()
            try? await Task.sleep(for: .seconds(2))
        }
    }

    private func lookAtLink(_ now: ContinuousClock.Instant) {
        if parts.link.isUp {
            lastUp = now
            if let since = unsettledSince {
                guard !isDown, now - since > parts.patience else { return }
                isDown = true
                parts.alarms.raise(.brokerDown, status.problem ?? "It does not know its users.")
            } else if isDown || !hasBeenUp {
                // An alarm may be one that a former start of the appliance has raised.
                (isDown, hasBeenUp) = (false, true)
                parts.alarms.clear(.brokerDown)
            }
        } else if !isDown, now - lastUp > parts.patience {
            isDown = true
            let reason = status.problem ?? "It does not answer."
            parts.alarms.raise(.brokerDown, "No connection to the broker. \(reason)")
        }
    }

    private func look() {
        let now = ContinuousClock.now
        lookAtLink(now)
        switch parts.link.count(TopicGrammar.droppedCount).flatMap({ drops.see($0, now) }) {
        case .raise(let count):
            parts.alarms.raise(
                .brokerDropped,
                "The broker has dropped \(count) messages since its start: somebody takes them "
                    + "more slowly than they come.")
        case .clear: parts.alarms.clear(.brokerDropped)
        case nil: break
        }
        lookAtMemory(now)
        looks += 1
        guard looks % 5 == 1 else { return }
        lookForDatabase()
        BrokerProcess.trimLog(parts.files)
        lookForCertificate()
    }

    private func lookAtMemory(_ now: ContinuousClock.Instant) {
        guard parts.settings.external == nil else { return }
        let verdicts = memory.see(
            heap: parts.link.count(TopicGrammar.heapSize), refusals: parts.link.retainedRefusals,
            now)
        for verdict in verdicts {
            switch verdict {
            case .raise(let kind, let text): parts.alarms.raise(kind, text)
            case .clear(let kind): parts.alarms.clear(kind)
            }
        }
    }

    private func lookForDatabase() {
        guard parts.settings.external == nil else { return }
        let isAside = database.isAside
        guard isAside != wasAside else { return }
        wasAside = isAside
        guard isAside else { return parts.alarms.clear(.brokerDatabase) }
        parts.alarms.raise(
            .brokerDatabase,
            "The broker could not load what it had kept and began without: retained messages and "
                + "what waited for clients that were away are gone until they are sent again. "
                + "The old file is \(parts.files.asideDatabase): delete it when nobody needs it.")
    }

    private func noteSeen() async {
        let seen = parts.link.takeSeen()
        guard !seen.isEmpty else { return }
        do throws(StoreError) {
            try await parts.stores.brokerClients.touch(seen, at: .now())
        } catch { log.warning("when clients were seen was not written: \(error)") }
    }

    /// A user that was to go and could not be taken away is tried again until he is gone.
    private func lookAtUsers() async {
        guard parts.settings.external == nil else { return }
        let reason = await parts.users.settle()
        if let reason, unsettledSince == nil { log.error("\(reason)") }
        unsettledSince = reason == nil ? nil : unsettledSince ?? .now
        shown.withLock { $0.unsettled = reason }
    }

    /// Listeners show a new certificate after a SIGHUP; connections stay.
    private func lookForCertificate() {
        guard parts.settings.external == nil,
            let bytes = try? Files.read(parts.settings.certificate, limit: .mebibytes(1))
        else { return }
        if certificate != bytes {
            process?.child.signal(SIGHUP)
            log.notice("the broker was told of its new certificate")
        }
        certificate = bytes
    }
}
