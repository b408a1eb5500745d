package import Basics
import Crypto
package import Domain
import HTTP
package import Net
import MQTT
import Processes
import Synchronization

/// `lineside agent`: one device. Runs its last snapshot whether or not there is an appliance, does
/// what the appliance wants when there is one, and tells how it is.
package actor Agent: Service {
    package struct Options: Sendable {
        /// Snapshots without a stack run on the practice runtime.
        package var practice = false
        package var environment: [String] = []
        /// Our JavaScript; written out of the executable by default.
        package var runtime: RuntimeFiles?
        /// Between tries to reach the appliance.
        package var backoff = Backoff(first: .seconds(1), limit: .seconds(300))
        /// From one status to the next where nothing happens, and from one batch of records.
        package var pulse = Duration.seconds(60)
        package var patience = Duration.seconds(30)
        /// Node-RED ends with the agent; else it runs on.
        package var stopsOnExit = false
        package init() {}
    }

    package enum Fault: Error, Sendable, CustomStringConvertible {
        case identity(AgentIdentityFile.Fault)
        case state(String)

        package var description: String {
            switch self {
            case .identity(let fault): fault.description
            case .state(let text): text
            }
        }
    }

    let paths: AgentPaths
    let options: Options
    let loops: EventLoopGroup
    let clock: AgentClock
    let records: AgentRecords
    let runtime: AgentRuntime
    let transactions: AgentTransactions
    let link: AgentLink
    nonisolated let lease: AgentLease
    let log = Log("agent")
    let bootID: String
    let startedAt = ContinuousClock.now
    var identity: AgentIdentity
    /// Of `identity`, while the connection still has the former one.
    var freshKey: PrivateKey?
    /// What of the identity cannot be used: then it runs what it has, alone.
    let alone: String?
    var commands: CommandMemory
    var watchedUntil: ContinuousClock.Instant?
    var isSending = false
    var lastContact: Timestamp?
    /// Why there is no connection; `nil` while there is one. One sentence.
    var contactProblem: String?
    let beacon: AgentBeacon
    var tunnel: Task<Void, Never>?
    /// Start, stop and restart, one after the other.
    var orders: Task<Void, Never>?
    var lastStatus: AgentStatus?
    let news: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation

    package static func assemble(
        _ paths: AgentPaths, _ options: Options, loops: EventLoopGroup
    ) async throws(Fault) -> Agent {
        let files = AgentIdentityFile(paths)
        let identity: AgentIdentity
        do throws(AgentIdentityFile.Fault) { identity = try files.loadIdentity() } catch {
            throw .identity(error)
        }
        var key: PrivateKey?
        var alone: String?
        do throws(AgentIdentityFile.Fault) { key = try files.load().key } catch {
            alone = error.description
        }
        do {
            try paths.makeDirectories()
            let vault = Vault(directory: paths.vault)
            try await vault.prepare()
            let records = AgentRecords(paths)
            try await records.prepare()
            let clock = AgentClock(paths)
            let lease = AgentLease(paths)
            let disk = AgentDisk(paths)
            disk.hold()
            let link = try AgentLink(identity, key: key, loops: loops)
            let runtime = try AgentRuntime(
                AgentRuntime.Surroundings(
                    paths: paths, runtime: try options.runtime ?? .install(state: paths.root),
                    allowsPractice: options.practice, disk: disk,
                    additionalEnvironment: options.environment
                        + ["LINESIDE_READY_FILE=\(paths.lease)"]),
                journal: records, secret: identity.credentialSecret)
            let transactions = AgentTransactions(
                AgentTransactions.Parts(
                    journal: AgentJournal(paths), vault: vault, source: link,
                    stage: AgentStage(paths, vault: vault, disk: disk), runtime: runtime,
                    records: records,
                    lease: lease, disk: disk, clock: clock, backoff: options.backoff,
                    patience: options.patience),
                device: identity.device)
            return Agent(
                paths, options, loops, identity, alone, clock, records, runtime, transactions,
                link, lease, bootID: (try? ProcessIdentity.bootID()) ?? "")
        } catch { throw .state("The agent cannot use \(paths.root): \(error)") }
    }

    private init(
        _ paths: AgentPaths, _ options: Options, _ loops: EventLoopGroup,
        _ identity: AgentIdentity, _ alone: String?, _ clock: AgentClock,
        _ records: AgentRecords, _ runtime: AgentRuntime, _ transactions: AgentTransactions,
        _ link: AgentLink, _ lease: AgentLease, bootID: String
    ) {
        self.paths = paths
        self.options = options
        self.loops = loops
        self.identity = identity
        self.alone = alone
        self.clock = clock
        self.records = records
        self.runtime = runtime
        self.transactions = transactions
        self.link = link
        self.lease = lease
        self.bootID = bootID
        commands = CommandMemory(paths)
        beacon = AgentBeacon(paths)
        (news, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Node-RED first: it needs no appliance.
    package func run() async throws {
        runtime.whenChanged { [wake] in wake.yield() }
        await beacon.resume()
        lease.whenChanged { [transactions] in Task { await transactions.leaseChanged() } }
        await transactions.boot()
        await withTaskGroup { group in
            group.addTask { await self.follow() }
            group.addTask { await self.tell() }
            group.addTask { await self.pulse() }
            group.addTask { try? await MemoryKeeper().run() }
            if alone == nil { group.addTask { await self.stayConnected() } }
            await group.waitForAll()
        }
        tunnel?.cancel()
        await transactions.letGo()
        if options.stopsOnExit { await runtime.stop() }
        await runtime.letGo()
        await records.save()
    }

    private func follow() async {
        for await _ in transactions.changes { wake.yield() }
    }

    /// One status for all that changes within a moment.
    private func tell() async {
        for await _ in news {
            guard !Task.isCancelled else { return }
            await publish(onlyNews: true)
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private func pulse() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: options.pulse) } catch { return }
            AgentDisk(paths).hold()
            if link.isConnected {
                await publish(onlyNews: false)
                await sendRecords()
                await renewIfDue()
            }
        }
    }

    /// Before threads are started.
    package static func keepMemorySmall() { ProcessMemory.keepSmall() }

    // MARK: Status

    package func status() async -> AgentStatus {
        let running = await transactions.running
        let now = runtime.status
        let load = await runtime.running
        let started = now?.startedAt
        return AgentStatus(
            revision: running?.revision ?? 0, snapshot: running?.snapshot?.id,
            state: now?.state ?? .stopped, mode: await transactions.standing?.mode ?? .autonomous,
            transaction: await transactions.state, agentVersion: Product.version,
            nodeREDVersion: load?.manifest.stack?.nodeRED,
            nodeVersion: load?.manifest.stack?.node, architecture: ArtifactKeeper.host,
            uptime: started.map { (Timestamp.now().milliseconds - $0.milliseconds) / 1000 },
            clock: .now(), bootID: bootID, serial: link.serial,
            problem: await problem(now))
    }

    private func problem(_ now: InstanceStatus?) async -> String? {
        if let alone { return alone }
        if let problem = await transactions.problem { return problem }
        return now?.detail
    }

    func publish(onlyNews: Bool) async {
        guard link.isConnected else { return }
        var status = await status()
        if onlyNews, let last = lastStatus {
            // The time alone is no news.
            (status.clock, status.uptime) = (last.clock, last.uptime)
            guard status != last else { return }
            status.clock = .now()
        }
        lastStatus = status
        if await link.publish(status) { await transactions.wasHeard() }
    }
}
