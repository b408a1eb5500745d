import Basics
package import Domain
import Store

extension RolloutService {
    /// What a person asks for.
    package struct Wanted: Sendable {
        package var application: Application.ID
        package var snapshot: Snapshot.ID
        package var groups: [DeviceGroup.ID]
        package var devices: [Device.ID]
        package var plan: RolloutPlan
        /// `nil`: that of the groups, where all have the same.
        package var window: MaintenanceWindow.ID?
        package var name: Name<Deployment>?
        package var needsApproval: Bool

        package init(
            application: Application.ID, snapshot: Snapshot.ID, groups: [DeviceGroup.ID] = [],
            devices: [Device.ID] = [], plan: RolloutPlan = RolloutPlan(),
            window: MaintenanceWindow.ID? = nil, name: Name<Deployment>? = nil,
            needsApproval: Bool = false
        ) {
            self.application = application
            self.snapshot = snapshot
            self.groups = groups
            self.devices = devices
            self.plan = plan
            self.window = window
            self.name = name
            self.needsApproval = needsApproval
        }
    }

    /// Checks everything before anything is touched, settles who belongs to it, and begins.
    package func create(
        _ wanted: Wanted, by actor: Actor
    ) async throws(RolloutFault) -> Deployment.ID {
        let snapshot: Snapshot
        var candidates: [DeploymentStore.Candidate]
        var window = wanted.window
        do throws(StoreError) {
            snapshot = try await stores.snapshots.get(wanted.snapshot)
            guard snapshot.applicationID == wanted.application else {
                throw .conflict("A deployment takes snapshots of its own application only.")
            }
            candidates = try await stores.deployments.candidates(
                in: wanted.application, groups: wanted.groups, devices: wanted.devices)
            var windows: Set<MaintenanceWindow.ID?> = []
            for group in wanted.groups {
                let group = try await stores.deviceGroups.get(group).group
                guard group.applicationID == wanted.application else {
                    throw .conflict("A deployment goes to groups of its own application only.")
                }
                windows.insert(group.windowID)
            }
            if window == nil, windows.count > 1 {
                throw .conflict(
                    "The groups keep to different maintenance windows: name one for the "
                        + "deployment, or make one for each.")
            }
            window = window ?? windows.first ?? nil
        } catch { throw .store(error) }
        let known = Set(candidates.map(\.id))
        guard wanted.devices.allSatisfy(known.contains) else {
            throw .refused("A deployment goes to devices of its own application only.")
        }
        guard !candidates.isEmpty else {
            throw .refused("There is no device to deploy to.")
        }
        let obstacles = await fitness.obstacles(to: snapshot, on: candidates)
        guard obstacles.isEmpty else { throw .unfit(obstacles) }
        let warnings = await fitness.warnings(about: snapshot, on: candidates)
        // Who is there goes first: a canary that is away proves nothing.
        let standings = await fleet.standings(of: candidates.map(\.id))
        let present = Set(standings.filter(\.isConnected).map(\.id))
        let members =
            candidates.filter { present.contains($0.id) }
            + candidates.filter { !present.contains($0.id) }
        var plan = wanted.plan
        plan.groupIDs = wanted.groups
        let now = clock()
        let deployment = Deployment(
            id: .random(), organizationID: .random(), teamID: .random(),
            applicationID: wanted.application, snapshotID: snapshot.id, windowID: window,
            name: wanted.name ?? Name(stored: snapshot.name.text), plan: plan, state: .ready,
            createdAt: now, createdBy: actor.name, creator: actor.userID, warnings: warnings)
        var machine = DeploymentMachine(deployment, members: members.map(\.id), now: now)
        await turnstile.take()
        let failure = await begin(&machine, standings, wanted.needsApproval, by: actor)
        await turnstile.leave()
        if let failure { throw .store(failure) }
        return deployment.id
    }

    private func begin(
        _ machine: inout DeploymentMachine, _ standings: [DeviceStanding], _ needsApproval: Bool,
        by actor: Actor
    ) async -> StoreError? {
        let id = machine.deployment.id
        do throws(StoreError) {
            try await stores.deployments.insert(machine, by: actor)
            // With the organization and team that it hangs in.
            machines[id] = try await stores.deployments.machine(of: id, now: clock())
            try await settle(id) { machine in
                let now = clock()
                for standing in standings { machine.observe(standing, at: now) }
                machine.start(at: now, needsApproval: needsApproval)
                return []
            }
            if !needsApproval { try await takeOver(id) }
            refresh()
            return nil
        } catch { return error }
    }

    /// The newer one wins, and the older says so.
    private func takeOver(_ id: Deployment.ID) async throws(StoreError) {
        guard let newer = machines[id] else { return }
        let devices = newer.devices.map(\.id)
        for other in machines.values where other.deployment.id != id {
            guard other.deployment.createdAt <= newer.deployment.createdAt,
                devices.contains(where: other.contains)
            else { continue }
            let now = clock()
            try await settle(other.deployment.id) { machine in
                machine.supersede(devices, by: newer.deployment.name.text, at: now)
                return []
            }
        }
    }

    /// - Throws: `.refused` where the deployment does not take that order now.
    package func take(
        _ order: DeploymentOrder, on id: Deployment.ID, by actor: Actor
    ) async throws(RolloutFault) {
        await turnstile.take()
        let fault = await obey(order, id, by: actor)
        await turnstile.leave()
        if let fault { throw fault }
        refresh()
    }

    private func obey(
        _ order: DeploymentOrder, _ id: Deployment.ID, by actor: Actor
    ) async -> RolloutFault? {
        do throws(StoreError) {
            let now = clock()
            // One that is over may be tried again or returned.
            if machines[id] == nil {
                machines[id] = try await stores.deployments.machine(of: id, now: now)
            }
            guard let deployment = machines[id]?.deployment else { return nil }
            let standings = await fleet.standings(of: machines[id]?.devices.map(\.id) ?? [])
            var refusal: DeploymentRefusal?
            var probe = machines[id]
            do throws(DeploymentRefusal) {
                _ = try probe?.take(order, by: actor, at: now)
            } catch {
                if machines[id]?.isActive == false { machines[id] = nil }
                return .refused(error.sentence)
            }
            try await settle(
                id, by: actor,
                { machine in
                    for standing in standings { machine.observe(standing, at: now) }
                    do throws(DeploymentRefusal) {
                        return try machine.take(order, by: actor, at: now)
                    } catch {
                        refusal = error
                        return []
                    }
                },
                event: AuditEvent(
                    kind: "deployment.\(order.rawValue)", object: deployment.reference,
                    teamID: deployment.teamID,
                    text: "Deployment “\(deployment.name)”: \(order.rawValue)"))
            if let refusal { return .refused(refusal.sentence) }
            if order == .approve { try await takeOver(id) }
            return nil
        } catch { return .store(error) }
    }
}
