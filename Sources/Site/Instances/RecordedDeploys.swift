import Basics
package import Domain

/// Makes a version of each deploy that comes out of a spool, and tells the topic
/// `instance/<id>/versions`.
package struct RecordedDeploys: DeployKeeper {
    private let recorder: VersionRecorder
    private let bus: EventBus

    package init(recorder: VersionRecorder, bus: EventBus) {
        self.recorder = recorder
        self.bus = bus
    }

    package func keep(_ deploy: DeployEntry, of id: Instance.ID, modules: [NodeModule]) async throws
    {
        let version = try await recorder.record(
            fromSpool: VersionRecorder.Deploy(
                flows: deploy.flows, credentials: deploy.credentials, modules: modules,
                at: deploy.at, by: deploy.user, source: .editor, spoolID: deploy.id),
            user: deploy.user, of: id)
        bus.publish("instance/\(id.text)/versions") {
            var json = JSONWriter()
            json.object { json in
                json.field("id", version.id)
                json.field("number", version.number)
            }
            return json.bytes
        }
    }
}
