package import Domain
import SQLite

/// A line of a list with what its device is made of.
package struct DeviceImportDraft: Sendable {
    package let id: Device.ID
    package let row: DeviceImportRow
    package let secrets: DeviceSecrets

    package init(id: Device.ID, row: DeviceImportRow, secrets: DeviceSecrets) {
        self.id = id
        self.row = row
        self.secrets = secrets
    }
}

package struct DeviceImportOutcome: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        package let line: Int
        package let name: String
        package let device: Device.ID?
        package let problem: String?
    }

    package var rows: [Row]
    package var isApplied: Bool

    package var created: [Device.ID] { isApplied ? rows.compactMap(\.device) : [] }
}

extension DeviceStore {
    /// All lines, or none where one is refused, in one transaction.
    /// - Parameter mayEdit: whether devices may be added there.
    package func importing(
        _ drafts: [DeviceImportDraft], into team: Team.ID, _ application: Application.ID?,
        isDryRun: Bool, by actor: Actor, mayEdit: @escaping @Sendable (ScopePath) -> Bool
    ) async throws(StoreError) -> DeviceImportOutcome {
        // Looked at first without writing: a list with faults must leave no trace.
        let looked = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Placed] in
            try Self.place(drafts, team, application, mayEdit, in: tx)
        }
        let isGood = looked.allSatisfy { $0.problem == nil }
        guard isGood, !isDryRun else {
            return DeviceImportOutcome(rows: looked.map(\.outcome), isApplied: false)
        }
        return try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> DeviceImportOutcome in
            let placed = try Self.place(drafts, team, application, mayEdit, in: tx)
            guard placed.allSatisfy({ $0.problem == nil }) else {
                return DeviceImportOutcome(rows: placed.map(\.outcome), isApplied: false)
            }
            for one in placed {
                guard let wish = one.draft.row.wish else { continue }
                _ = try DeviceStore.insert(
                    Draft(
                        id: one.draft.id, team: team, application: one.application,
                        group: one.group, name: wish.name, type: wish.type, tags: wish.tags,
                        secrets: one.draft.secrets), by: actor, in: tx)
            }
            return DeviceImportOutcome(rows: placed.map(\.outcome), isApplied: true)
        }
    }

    private struct Placed {
        let draft: DeviceImportDraft
        var application: Application.ID?
        var group: DeviceGroup.ID?
        var problem: String?

        var outcome: DeviceImportOutcome.Row {
            .init(
                line: draft.row.line, name: draft.row.name,
                device: problem == nil ? draft.id : nil, problem: problem)
        }
    }

    private static func place(
        _ drafts: [DeviceImportDraft], _ team: Team.ID, _ application: Application.ID?,
        _ mayEdit: (ScopePath) -> Bool, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [Placed] {
        let organization = try TeamStore.get(team, in: tx).organizationID
        var places: [Placed] = []
        for draft in drafts {
            var placed = Placed(draft: draft, application: application)
            guard let wish = draft.row.wish else {
                placed.problem = draft.row.fault ?? "cannot be read"
                places.append(placed)
                continue
            }
            placed.problem = try problem(
                wish, team, organization, &placed.application, &placed.group, mayEdit, in: tx)
            places.append(placed)
        }
        return places
    }

    private static func problem(
        _ wish: DeviceImportRow.Wish, _ team: Team.ID, _ organization: Organization.ID,
        _ application: inout Application.ID?, _ group: inout DeviceGroup.ID?,
        _ mayEdit: (ScopePath) -> Bool, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> String? {
        if !wish.application.isEmpty {
            application = try tx.first(
                DeviceImportSQL.application, team, wish.application
            ) { (row: borrowing Row) throws(StoreError) in try row.id(0) }
            guard application != nil else {
                return "the team has no application “\(wish.application)”"
            }
        }
        let path = ScopePath(organization: organization, team: team, application: application)
        guard mayEdit(path) else { return "you may not add devices there" }
        if !wish.group.isEmpty {
            guard let application else { return "a group needs an application" }
            group = try tx.first(
                DeviceImportSQL.group, application, wish.group
            ) { (row: borrowing Row) throws(StoreError) in try row.id(0) }
            guard group != nil else { return "there is no group “\(wish.group)”" }
        }
        guard try tx.count(DeviceSQL.nameTaken, team, wish.name, "") == 0 else {
            return "the team has a device of that name already"
        }
        return nil
    }
}

enum DeviceImportSQL: String, CaseIterable {
    case application = """
        SELECT id FROM application
        WHERE team_id = ?1 AND (id = ?2 OR name = ?2 COLLATE NOCASE) LIMIT 1
        """
    case group = """
        SELECT id FROM device_group
        WHERE application_id = ?1 AND (id = ?2 OR name = ?2 COLLATE NOCASE) LIMIT 1
        """
}
