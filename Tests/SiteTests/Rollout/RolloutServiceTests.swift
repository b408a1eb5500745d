import Basics
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Roll-out service", .timeLimit(.minutes(10))) struct RolloutServiceTests {
    /// A plant with devices, and somebody who waits for deployments.
    private struct Plant {
        let factory: Factory
        let bus = EventBus()
        let fleet: ScriptedFleet
        let devices: [Device]
        let good: Snapshot
        let better: Snapshot

        init(_ count: Int) async throws {
            factory = try await Factory()
            fleet = ScriptedFleet(stores: factory.stores, bus: bus)
            good = try await factory.snapshot("Good", flows: 1)
            better = try await factory.snapshot("Better", flows: 2)
            var devices: [Device] = []
            for number in 0..<count {
                devices.append(try await factory.device("Press \(100 + number)"))
            }
            self.devices = devices
            fleet.connect(devices.map(\.id))
        }

        var stores: Stores { factory.stores }
        var ids: [Device.ID] { devices.map(\.id) }

        func service(_ fitness: ScriptedFitness = ScriptedFitness()) -> RolloutService {
            RolloutService(
                stores: stores, fleet: fleet, fitness: fitness,
                alarms: StoredRolloutAlarms(stores: stores, bus: bus), bus: bus)
        }

        func wanted(
            _ snapshot: Snapshot, plan: RolloutPlan = RolloutPlan(soakSeconds: 0),
            groups: [DeviceGroup.ID] = []
        ) -> RolloutService.Wanted {
            .init(
                application: factory.application.id, snapshot: snapshot.id, groups: groups,
                devices: groups.isEmpty ? ids : [], plan: plan)
        }

        /// Runs a service while `body` does.
        func running(
            _ service: RolloutService, _ body: () async throws -> Void
        ) async throws {
            let task = Task { try await service.run() }
            do {
                try await body()
                task.cancel()
                _ = await task.result
            } catch {
                task.cancel()
                _ = await task.result
                throw error
            }
        }

        func until(
            _ id: Deployment.ID, _ isSo: @escaping (DeploymentStore.Listed) -> Bool
        ) async throws {
            let news = bus.subscribe("deployment/\(id)")
            defer { news.cancel() }
            while true {
                let listed = try await stores.deployments.get(id)
                if isSo(listed) { return }
                try #require(await news.next() != nil)
            }
        }
    }

    @Test("A snapshot reaches all devices of a group, and the group keeps it")
    func wholeGroup() async throws {
        let plant = try await Plant(12)
        let group = try await plant.stores.deviceGroups.insert(
            .init(application: plant.factory.application.id, name: Name(stored: "Presses")),
            by: .site
        ).listed.group.id
        _ = try await plant.stores.deviceGroups.setDevices(plant.ids, of: group, by: .site)
        let service = plant.service()
        try await plant.running(service) {
            let id = try await service.create(
                plant.wanted(plant.good, groups: [group]), by: .site)
            try await plant.until(id) { $0.deployment.state == .finished }
            let listed = try await plant.stores.deployments.get(id)
            #expect(listed.counts[.updated] == 12)
            #expect(listed.deployment.teamID == plant.factory.team.id)
        }
        for device in plant.ids {
            #expect(plant.fleet.runs(device) == plant.good.id)
            let row = try await plant.stores.devices.get(device)
            #expect(row.targetSnapshotID == nil, "it follows its group from now on")
        }
        #expect(
            try await plant.stores.deviceGroups.get(group).group.targetSnapshotID
                == plant.good.id)
        let kinds = try await plant.stores.audit.list().items.map(\.event.kind)
        #expect(kinds.contains("deployment.created") && kinds.contains("deployment.finished"))
    }

    @Test("Who started a deployment is the same person with any token and under any name")
    func approval() async throws {
        let plant = try await Plant(1)
        let (anna, ben) = (plant.factory.administrator, try await plant.factory.user("ben"))
        let person = Actor.user(anna.id, name: "anna")
        let token = Actor.token(.random(), name: "ci", user: anna.id)
        func refusal(
            _ service: RolloutService, _ id: Deployment.ID, _ actor: Actor
        ) async -> RolloutFault? {
            do throws(RolloutFault) {
                try await service.take(.approve, on: id, by: actor)
                return nil
            } catch { return error }
        }
        for (starter, same) in [
            (person, token), (token, person),
            (token, Actor.token(.random(), name: "x", user: anna.id)),
            (person, Actor.user(anna.id, name: "anna.b")),
        ] {
            let service = plant.service()
            var wanted = plant.wanted(plant.good)
            wanted.needsApproval = true
            let id = try await service.create(wanted, by: starter)
            #expect(await refusal(service, id, same) != nil)
            // As a later start of the appliance has it.
            #expect(await refusal(plant.service(), id, same) != nil)
            #expect(
                await refusal(service, id, .token(.random(), name: "anna", user: ben.id)) == nil)
            try await service.take(.cancel, on: id, by: .site)
        }
    }

    @Test("A failure stops it, raises an alarm, and one order returns what was updated")
    func stopAndReturn() async throws {
        let plant = try await Plant(10)
        let service = plant.service()
        try await plant.running(service) {
            let first = try await service.create(
                plant.wanted(
                    plant.good, plan: RolloutPlan(canary: 0, percent: [100], soakSeconds: 0)),
                by: .site)
            try await plant.until(first) { $0.deployment.state == .finished }
            plant.fleet.behave(.fail, [plant.ids[4]])
            let second = try await service.create(
                plant.wanted(
                    plant.better,
                    plan: RolloutPlan(
                        canary: 0, percent: [50, 100], errorPercent: 10, soakSeconds: 0)),
                by: .site)
            try await plant.until(second) { $0.deployment.state == .stopped }
            let alarms = try await plant.stores.alarms.list().items
            #expect(alarms.map(\.kind) == [.deploymentStopped])
            #expect(plant.fleet.runs(plant.ids[9]) == plant.good.id)
            plant.fleet.behave(.succeed, plant.ids)
            try await service.take(.returnUpdated, on: second, by: .site)
            try await plant.until(second) { $0.counts[.returned] == 5 }
            #expect(try await plant.stores.alarms.list().items == [])
        }
        for device in plant.ids { #expect(plant.fleet.runs(device) == plant.good.id) }
    }

    @Test("A service that is ended in the middle goes on where it was when it begins again")
    func continued() async throws {
        let plant = try await Plant(20)
        plant.fleet.behave(.silent, plant.ids)
        let first = plant.service()
        var made: Deployment.ID?
        try await plant.running(first) {
            let id = try await first.create(
                plant.wanted(plant.good, plan: RolloutPlan(canary: 2, soakSeconds: 0)),
                by: .site)
            made = id
            try await plant.until(id) { $0.counts[.sent] == 2 }
        }
        let id = try #require(made)
        let told = plant.fleet.told
        // They answer while nobody listens.
        plant.fleet.behave(.succeed, plant.ids)
        await plant.fleet.perform(told)
        try await plant.running(plant.service()) {
            try await plant.until(id) { $0.deployment.state == .finished }
        }
        #expect(try await plant.stores.deployments.get(id).counts[.updated] == 20)
        for device in plant.ids {
            #expect(try await plant.stores.devices.get(device).revision == 2, "told once")
        }
    }

    @Test("Devices that connect while the canary is at work get their turn after it")
    func comesDuringCanary() async throws {
        let plant = try await Plant(6)
        plant.fleet.behave(.silent, plant.ids)
        plant.fleet.connect(Array(plant.ids[1...]), false)
        let service = plant.service()
        try await plant.running(service) {
            let id = try await service.create(
                plant.wanted(
                    plant.good, plan: RolloutPlan(canary: 1, percent: [100], soakSeconds: 0)),
                by: .site)
            try await plant.until(id) { $0.counts[.sent] == 1 }
            plant.fleet.connect(Array(plant.ids[1...]))
            await plant.fleet.seen(plant.ids[5])
            plant.fleet.behave(.succeed, plant.ids)
            await plant.fleet.perform([plant.ids[0]])
            try await plant.until(id) { $0.deployment.state == .finished }
        }
    }

    @Test("Who orders a deployment to many waits for the first batch only")
    func firstBatch() async throws {
        let plant = try await Plant(600)
        plant.fleet.hold(after: 500)
        let service = plant.service()
        try await plant.running(service) {
            let plan = RolloutPlan(canary: 0, percent: [100], soakSeconds: 0)
            let id = try await withLimit(waitingFor: "the answer") {
                try await service.create(plant.wanted(plant.good, plan: plan), by: .site)
            }
            #expect(plant.fleet.told.count == 500)
            plant.fleet.release()
            try await plant.until(id) { $0.deployment.state == .finished }
        }
        #expect(Set(plant.fleet.told) == Set(plant.ids))
    }

    @Test("The newer of two deployments wins, and the older says so")
    func newerWins() async throws {
        let plant = try await Plant(3)
        plant.fleet.behave(.busy, plant.ids)
        let service = plant.service()
        try await plant.running(service) {
            let plan = RolloutPlan(canary: 0, percent: [100], soakSeconds: 0)
            let older = try await service.create(plant.wanted(plant.good, plan: plan), by: .site)
            try await plant.until(older) { $0.counts[.busy] == 3 }
            plant.fleet.behave(.succeed, plant.ids)
            let newer = try await service.create(
                plant.wanted(plant.better, plan: plan), by: .site)
            try await plant.until(newer) { $0.deployment.state == .finished }
            try await plant.until(older) { $0.deployment.state == .finished }
            #expect(try await plant.stores.deployments.get(older).counts[.superseded] == 3)
        }
        for device in plant.ids { #expect(plant.fleet.runs(device) == plant.better.id) }
    }

    @Test("A device that is deleted or moved meanwhile is waited for no more")
    func goneMeanwhile() async throws {
        let plant = try await Plant(3)
        plant.fleet.behave(.silent, Array(plant.ids[1...]))
        let other = try await plant.factory.application("Other")
        let service = plant.service()
        try await plant.running(service) {
            let id = try await service.create(
                plant.wanted(
                    plant.good, plan: RolloutPlan(canary: 0, percent: [100], soakSeconds: 0)),
                by: .site)
            try await plant.until(id) { $0.counts[.updated] == 1 }
            _ = try await plant.stores.devices.delete(plant.ids[1], by: .site)
            _ = try await plant.stores.devices.update(plant.ids[2], by: .site) {
                $0.applicationID = other.id
            }
            await service.refresh()
            try await plant.until(id) { $0.deployment.state == .finished }
        }
    }

    @Test("Paused it tells nobody; what devices cannot run is refused before anything is touched")
    func pausedAndUnfit() async throws {
        let plant = try await Plant(2)
        let unfit = plant.service(ScriptedFitness(sentences: ["Press 100 has no stack."]))
        await #expect(throws: RolloutFault.unfit(["Press 100 has no stack."])) {
            try await unfit.create(plant.wanted(plant.good), by: .site)
        }
        #expect(try await plant.stores.deployments.list().count == 0)
        #expect(try await plant.stores.devices.get(plant.ids[0]).revision == 1)
        plant.fleet.connect(plant.ids, false)
        let service = plant.service()
        try await plant.running(service) {
            let id = try await service.create(plant.wanted(plant.good), by: .site)
            try await service.take(.pause, on: id, by: .site)
            plant.fleet.connect(plant.ids)
            #expect(plant.fleet.told == [])
            await #expect(throws: RolloutFault.self) {
                try await service.take(.pause, on: id, by: .site)
            }
            try await service.take(.resume, on: id, by: .site)
            try await plant.until(id) { $0.deployment.state == .finished }
        }
    }
}
