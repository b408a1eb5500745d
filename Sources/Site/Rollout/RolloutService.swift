package import Basics
import Domain
package import Store
import Synchronization

/// Brings snapshots to many devices. It acts on what comes in and on timers, and keeps every step
/// before it is told: an appliance that was killed goes on where it was.
package actor RolloutService: Service {
    /// 500: one transaction stays short, and few are needed for thousands.
    static let batch = 500
    /// So often time is looked at again while something waits for it: the wall clock may be set.
    private static let longestSleep = Duration.seconds(60)
    /// Between tries while the database takes nothing.
    private static let retryPause = Duration.seconds(5)

    let stores: Stores
    let fleet: any RolloutFleet
    let fitness: any RolloutFitness
    let alarms: any RolloutAlarms
    let zones: ZoneBook
    let bus: EventBus
    let clock: @Sendable () -> Timestamp
    let log = Log("rollout")
    /// One change at a time: none overtakes another while it is being kept.
    let turnstile = Turnstile()
    var machines: [Deployment.ID: DeploymentMachine] = [:]
    private let news: News
    private var isOpen = false

    package init(
        stores: Stores, fleet: any RolloutFleet, fitness: any RolloutFitness,
        alarms: any RolloutAlarms, zones: ZoneBook = ZoneBook(), bus: EventBus,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.stores = stores
        self.fleet = fleet
        self.fitness = fitness
        self.alarms = alarms
        self.zones = zones
        self.bus = bus
        self.clock = clock
        news = News()
    }

    package func run() async throws {
        // Before what is kept is read: nothing that happens meanwhile is lost.
        let subscription = bus.subscribe("devices", limit: 4096)
        while !Task.isCancelled {
            do throws(StoreError) {
                try await load()
                break
            } catch {
                log.error("Deployments could not be read: \(error)")
                try? await Task.sleep(for: Self.retryPause)
            }
        }
        isOpen = true
        news.tellAll()
        let news = news
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await message in subscription {
                    message.missed > 0 ? news.tellAll() : news.tell(Self.ids(in: message.payload))
                }
            }
            group.addTask { await self.work(on: news) }
        }
        isOpen = false
    }

    private func load() async throws(StoreError) {
        let now = clock()
        for machine in try await stores.deployments.unfinished(now: now) {
            machines[machine.deployment.id] = machine
        }
        // What was kept and perhaps not told any more.
        let told = machines.values.flatMap { machine in
            machine.devices.filter { $0.state.isUnderWay || $0.state == .returning }.map(\.id)
        }
        if !told.isEmpty { await fleet.desiredChanged(told) }
    }

    private func work(on news: News) async {
        while let portion = await news.next() {
            let isKept = await take(portion)
            if !isKept {
                news.tellAll()
                news.wake(after: Self.retryPause)
            } else if let next = await nextWake() {
                let pause = next.duration(since: clock())
                news.wake(after: min(max(pause, .milliseconds(10)), Self.longestSleep))
            }
        }
    }

    /// - Returns: whether everything could be kept.
    private func take(_ portion: News.Portion) async -> Bool {
        await turnstile.take()
        var isKept = true
        for id in machines.keys.sorted(by: { $0.text < $1.text }) {
            guard let machine = machines[id] else { continue }
            let concerned: [Device.ID] =
                switch portion {
                case .all: machine.devices.map(\.id)
                case .devices(let ids): ids.filter(machine.contains)
                }
            let standings = concerned.isEmpty ? [] : await fleet.standings(of: concerned)
            let lost =
                concerned.isEmpty
                ? [] : (try? await stores.deployments.strangers(among: concerned, to: id)) ?? []
            do throws(StoreError) {
                let now = clock()
                try await settle(id) { machine in
                    for standing in standings { machine.observe(standing, at: now) }
                    machine.remove(lost, at: now)
                    return []
                }
            } catch {
                log.error("The deployment \(id) could not be kept: \(error)")
                isKept = false
            }
        }
        await turnstile.leave()
        return isKept
    }

    /// Lets a machine go as far as it can with one batch of devices, and keeps what it did before
    /// anybody is told. The next batch follows by itself.
    /// - Parameter change: what came in; with events of the audit trail.
    func settle(
        _ id: Deployment.ID, by actor: Actor = .site,
        _ change: (inout DeploymentMachine) -> [DeploymentMachine.Action],
        event: AuditEvent? = nil
    ) async throws(StoreError) {
        guard var machine = machines[id] else { return }
        let former = machine.deployment.state
        var actions = change(&machine)
        var event = event
        var told = false
        while true {
            let moment = try await moment(for: machine)
            actions += machine.advance(moment, limit: Self.batch)
            let isQuiet =
                actions.isEmpty && machine.changed.isEmpty && !machine.isHeadChanged
                && event == nil
            if isQuiet {
                // Who is connected is not kept on disk, and counts when a later step begins.
                machines[id] = machine
                break
            }
            let wish = Wish(actions)
            var events = [event].compactMap { $0 }
            event = nil
            if machine.deployment.state != former, !told {
                told = true
                if events.isEmpty, let own = Self.event(machine.deployment) { events.append(own) }
            }
            let kept = try await stores.deployments.keep(
                .init(
                    deployment: machine.deployment,
                    steps: machine.isHeadChanged ? machine.steps : nil,
                    devices: machine.changed.map { machine.devices[$0] }, send: wish.send,
                    recall: wish.recall, events: events),
                by: actor)
            let now = clock()
            machine.wrote(kept.written, at: now)
            machine.kept()
            machine.remove(kept.gone, at: now)
            machine.supersede(kept.overtaken, by: "another", at: now)
            machines[id] = machine
            let touched = kept.written.map(\.id) + kept.others
            if !touched.isEmpty { await fleet.desiredChanged(touched) }
            if let text = wish.alarm { await alarms.raise(text, on: machine.deployment) }
            if wish.clearsAlarm { await alarms.clear(on: machine.deployment) }
            actions = []
            // The next batch has its turn behind orders that wait: a pause must not come after all.
            if !wish.send.isEmpty || !wish.recall.isEmpty {
                news.goOn()
                break
            }
        }
        publish(machine)
        if !machine.isActive { machines[id] = nil }
    }

    private struct Wish {
        var send: [Device.ID] = []
        var recall: [Device.ID] = []
        var alarm: String?
        var clearsAlarm = false

        init(_ actions: [DeploymentMachine.Action]) {
            for action in actions {
                switch action {
                case .send(let ids): send += ids
                case .recall(let ids): recall += ids
                case .raiseAlarm(let text): alarm = text
                case .clearAlarm: clearsAlarm = true
                }
            }
        }
    }

    /// Changes that nobody ordered.
    private static func event(_ deployment: Deployment) -> AuditEvent? {
        switch deployment.state {
        case .stopping, .stopped:
            AuditEvent(
                kind: "deployment.stopped", object: deployment.reference,
                teamID: deployment.teamID,
                text: "Deployment “\(deployment.name)” stopped: \(deployment.reason ?? "")")
        case .finished:
            AuditEvent(
                kind: "deployment.finished", object: deployment.reference,
                teamID: deployment.teamID, text: "Deployment “\(deployment.name)” finished")
        case .ready, .awaitingApproval, .running, .paused, .cancelled: nil
        }
    }

    func moment(
        for machine: DeploymentMachine
    ) async throws(StoreError) -> DeploymentMachine.Moment {
        let now = clock()
        guard let id = machine.deployment.windowID else { return .init(now: now) }
        let window = try await stores.windows.get(id)
        guard let opening = zones.opening(of: window, at: now) else {
            return .init(now: now, window: .closed(next: nil))
        }
        guard opening.from <= now else {
            return .init(now: now, window: .closed(next: opening.from))
        }
        let measured = try await stores.deployments.measured(
            in: machine.deployment.applicationID)
        return .init(
            now: now, window: .open(opening),
            updateSeconds: measured.map { $0.fetch + $0.switching })
    }

    private func nextWake() async -> Timestamp? {
        var wakes: [Timestamp] = []
        for machine in machines.values {
            let moment = (try? await moment(for: machine)) ?? .init(now: clock())
            if let wake = machine.wake(moment) { wakes.append(wake) }
        }
        return wakes.min()
    }

    /// Looks at everything again: a window was changed, for example.
    package func refresh() { news.tellAll() }

    func publish(_ machine: DeploymentMachine) {
        bus.publish("deployment/\(machine.deployment.id)") { machine.liveJSON }
    }

    private static func ids(in payload: [UInt8]) -> [Device.ID] {
        let value = try? JSONReader.read(payload, limit: payload.count)
        let list = value?["ids"]?.array ?? value?["devices"]?.array ?? value?.array ?? []
        let ids = list.compactMap { $0.string.flatMap(Device.ID.init) }
        return ids + [value?["id"]?.string.flatMap(Device.ID.init)].compactMap { $0 }
    }
}

extension DeploymentMachine {
    /// What listeners of `deployment/<id>` get; the page asks for the rest.
    fileprivate var liveJSON: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", deployment.id)
            json.field("state", deployment.state.rawValue)
            json.field("reason", deployment.reason)
            json.key("counts")
            counts().write(to: &json)
        }
        return json.bytes
    }
}
