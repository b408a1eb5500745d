package import Basics
import Crypto
package import Domain
package import Store

/// Makes a version of every deploy: first the files into the vault, then the row that names them.
package actor VersionRecorder {
    /// What was deployed, as it stands in Node-RED's files.
    package struct Deploy: Sendable {
        package var flows: [UInt8]
        package var credentials: [UInt8]?
        package var modules: [NodeModule]
        package var at: Timestamp
        /// Name of who deployed.
        package var by: String?
        package var source: Version.Source
        /// The same entry of the spool twice is one version.
        package var spoolID: String?

        package init(
            flows: [UInt8], credentials: [UInt8]?, modules: [NodeModule], at: Timestamp,
            by: String?, source: Version.Source, spoolID: String? = nil
        ) {
            self.flows = flows
            self.credentials = credentials
            self.modules = modules
            self.at = at
            self.by = by
            self.source = source
            self.spoolID = spoolID
        }
    }

    /// A deploy that the appliance itself is about to make through Node-RED's admin API: the spool
    /// will only know that it was the appliance.
    package struct Announcement: Sendable, Hashable {
        let number: Int
        package let source: Version.Source
        package let actor: Actor
    }

    /// As whom the appliance calls Node-RED's admin API.
    package static let ownUser = "lineside"

    private let vault: Vault
    private let stores: Stores
    private let bus: EventBus?
    private let witness: EditorWitness?
    private let files: FileVersions?
    private let log = Log("versions")
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private var announced: [Instance.ID: [Announcement]] = [:]
    private var announcements = 0

    /// - Parameters:
    ///   - bus: learns of each version on the topic `instance/<id>/versions`.
    ///   - witness: `nil` where no gateway stands before the editors: then what an instance says
    ///     about who deployed is believed.
    ///   - files: `nil`: no version has files.
    package init(
        vault: Vault, stores: Stores, bus: EventBus? = nil, witness: EditorWitness? = nil,
        files: FileVersions? = nil
    ) {
        self.vault = vault
        self.stores = stores
        self.bus = bus
        self.witness = witness
        self.files = files
        executor = BlockingExecutor(label: "versions")
    }

    /// When it returns, the version survives a power cut.
    package func record(
        _ deploy: Deploy, of id: Instance.ID, by actor: Actor
    ) async throws(VersionFault) -> Version {
        let (instance, previous, environment) = try await VersionFault.stored {
            () throws(StoreError) in
            (
                try await stores.instances.get(id), try await stores.versions.latest(of: id),
                try await stores.instances.environment(of: id)
            )
        }
        var draft = VersionStore.Draft(
            instance: id, spoolID: deploy.spoolID, at: deploy.at, by: deploy.by,
            source: deploy.source, summary: "", flows: try await keep(deploy.flows),
            credentials: nil, modules: deploy.modules,
            environmentKeys: environment.map(\.name.text), stack: instance.stackID)
        if let credentials = deploy.credentials {
            draft.credentials = try await keep(credentials)
        }
        if instance.settings.filesInVersions, let files {
            // The flows are kept even where the files cannot be.
            do throws(VaultFault) {
                let kept = try await files.keep(instance)
                draft.files = kept.list
                draft.fileContents = kept.contents
            } catch { log.error("the files of \(instance.name) are in no version: \(error)") }
        }
        draft.summary = await summary(of: deploy, draft, since: previous)
        let done = draft
        let version = try await VersionFault.stored { () throws(StoreError) in
            try await stores.versions.append(done, by: actor)
        }
        tell(version)
        return version
    }

    private func tell(_ version: Version) {
        bus?.publish("instance/\(version.instanceID)/versions") {
            var json = JSONWriter()
            json.object { json in
                json.field("id", version.id)
                json.field("number", version.number)
            }
            return json.bytes
        }
    }

    /// Before the appliance deploys through the admin API of a running instance. Its next deploy
    /// as the appliance counts as this one.
    package func announce(
        _ source: Version.Source, by actor: Actor, of id: Instance.ID
    ) -> Announcement {
        announcements += 1
        let announcement = Announcement(number: announcements, source: source, actor: actor)
        announced[id, default: []].append(announcement)
        return announcement
    }

    /// When the deploy that was announced did not happen.
    package func withdraw(_ announcement: Announcement, of id: Instance.ID) {
        announced[id]?.removeAll { $0 == announcement }
    }

    /// A deploy from the spool of an instance.
    /// - Parameter user: as Node-RED knew them. Flows could write another name there: it is what
    ///   the instance says, not what the appliance saw.
    package func record(
        fromSpool deploy: Deploy, user: String?, of id: Instance.ID
    ) async throws(VersionFault) -> Version {
        var deploy = deploy
        guard user != Self.ownUser else {
            let announcement = announced[id]?.first
            deploy.source = announcement?.source ?? .unknown
            deploy.by = announcement?.actor.name
            let version = try await record(deploy, of: id, by: announcement?.actor ?? .site)
            if let announcement { withdraw(announcement, of: id) }
            return version
        }
        deploy.by = user
        if let witness, user.map({ witness.confirms($0, of: id) }) != true {
            deploy.source = .unknown
            return try await record(deploy, of: id, by: .nobody)
        }
        deploy.source = .editor
        return try await record(deploy, of: id, by: await actor(named: user))
    }

    private func actor(named user: String?) async -> Actor {
        guard let user, let username = try? Username(validating: user),
            let found = try? await stores.users.find(username)
        else { return .nobody }
        return .user(found.id, name: found.username.text)
    }

    private func keep(_ bytes: [UInt8]) async throws(VersionFault) -> StoredBlob {
        try await VersionFault.vaulted { () throws(VaultFault) in try await vault.store(bytes) }
    }

    /// A version is kept even where the one before it cannot be read any more.
    private func summary(
        of deploy: Deploy, _ draft: VersionStore.Draft, since previous: Version?
    ) async -> String {
        guard let previous else { return FlowSummary(deploy.flows, since: nil).text }
        var flows: [UInt8] = []
        do throws(VaultFault) { flows = try await vault.read(previous.flows) } catch {
            log.error("version \(previous.number) of \(draft.instance): \(error)")
        }
        return FlowSummary(
            deploy.flows, since: flows,
            credentialsChanged: previous.credentials != draft.credentials?.address
        ).text
    }
}
