import Domain
import HTTP
import Site
import Store

extension DeviceRoutes {
    func change(
        _ body: ChangeDevice, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceView> {
        let former = try await device(context)
        var application = former.applicationID
        if let wanted = body.application, wanted != former.applicationID {
            try await requireEdit(wanted, of: former.teamID, context)
            application = wanted
        }
        let group = try await group(body, former, application)
        let target = try await target(body, former, application)
        let (applicationID, groupID, targetID) = (application, group, target)
        let changed = try await stored { () async throws(StoreError) in
            try await stores.devices.update(former.id, by: context.actor) { device in
                if let name = body.name { device.name = name }
                if let type = body.type { device.type = type }
                if let tags = body.tags { device.tags = tags }
                device.applicationID = applicationID
                device.groupID = groupID
                device.targetSnapshotID = targetID
            }
        }
        if changed.revision != former.revision { await observer.desiredChanged([changed.id]) }
        if changed.applicationID != former.applicationID { await observer.admitted([changed.id]) }
        return Found(try await maker.view(changed))
    }

    /// To where it goes, the caller must be allowed as well.
    private func requireEdit(
        _ application: Application.ID?, of team: Team.ID, _ context: RequestContext
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            if let application { return try await stores.applications.path(of: application) }
            return try await stores.applications.path(of: team)
        }
        guard let path, context.caller.role(at: path) != nil else {
            throw .notFound("The application")
        }
        guard context.caller.may(.deviceEdit, at: path) else {
            throw .forbidden("Your role there does not let you add devices.")
        }
    }

    /// A group and a target belong to one application: they do not go along to another.
    private func group(
        _ body: ChangeDevice, _ former: Device, _ application: Application.ID?
    ) async throws(Problem) -> DeviceGroup.ID? {
        guard let wanted = body.group else {
            return application == former.applicationID ? former.groupID : nil
        }
        guard let wanted, wanted != former.groupID else { return wanted }
        try await requireGroup(wanted, of: application)
        return wanted
    }

    func requireGroup(
        _ group: DeviceGroup.ID, of application: Application.ID?
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: group)
        }
        guard let application, path?.application == application else {
            throw .invalid("groupId", "must be a group of the device’s application")
        }
    }

    private func target(
        _ body: ChangeDevice, _ former: Device, _ application: Application.ID?
    ) async throws(Problem) -> Snapshot.ID? {
        guard let wanted = body.target else {
            return application == former.applicationID ? former.targetSnapshotID : nil
        }
        guard let wanted, wanted != former.targetSnapshotID else { return wanted }
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: wanted)
        }
        guard let application, path?.application == application else {
            throw .invalid("targetSnapshotId", "must be a snapshot of the device’s application")
        }
        try await fitness.require(wanted, in: application, devices: [former.id])
        return wanted
    }
}
