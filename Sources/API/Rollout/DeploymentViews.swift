package import Basics
package import Domain
package import Store

package struct DeploymentView: APIView {
    let listed: DeploymentStore.Listed
    /// Empty in lists.
    let steps: [(step: DeploymentStep, counts: RolloutCounts)]

    package init(
        _ listed: DeploymentStore.Listed,
        steps: [(step: DeploymentStep, counts: RolloutCounts)] = []
    ) {
        self.listed = listed
        self.steps = steps
    }

    package static var schema: Schema {
        .object(
            "Deployment",
            [
                .field("id", .identifier), .field("teamId", .identifier),
                .field("applicationId", .identifier), .field("name", .text),
                .field("snapshot", .named), .field("window", .optional(.named)),
                .field("plan", plan), .field("state", .words(Deployment.State.words)),
                .field("reason", .optional(.text)), .field("counts", counts),
                .field("orders", .list(.words(DeploymentOrder.allCases.map(\.rawValue)))),
                .field("groups", .list(step)), .field("createdAt", .time),
                .field("createdBy", .text), .field("warnings", .list(.text)),
                .field("startedAt", .optional(.time)),
                .field("finishedAt", .optional(.time)),
            ])
    }

    private static var plan: Schema {
        .object(
            "RolloutPlan",
            [
                .field("canary", .integer), .field("percent", .list(.integer)),
                .field("successPercent", .list(.integer)),
                .field("errorsAbsolute", .optional(.integer)), .field("errorPercent", .integer),
                .field("soakSeconds", .integer), .field("offlineGraceSeconds", .integer),
                .field("silenceSeconds", .integer), .field("groupIds", .list(.identifier)),
            ])
    }

    private static var counts: Schema {
        .object(
            "DeploymentCounts",
            [.field("total", .integer)]
                + DeploymentDevice.State.allCases.map { .field($0.rawValue, .integer) })
    }

    private static var step: Schema {
        .object(
            "DeploymentStep",
            [
                .field("number", .integer), .field("name", .text),
                .field("state", .words(DeploymentStep.State.allCases.map(\.rawValue))),
                .field("verdict", .words(["advance", "hold", "stop"])),
                .field("reason", .optional(.text)), .field("counts", counts),
                .field("startedAt", .optional(.time)), .field("settledAt", .optional(.time)),
                .field("soakUntil", .optional(.time)), .field("finishedAt", .optional(.time)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        let deployment = listed.deployment
        json.object { json in
            json.field("id", deployment.id)
            json.field("teamId", deployment.teamID)
            json.field("applicationId", deployment.applicationID)
            json.field("name", deployment.name.text)
            json.named("snapshot", deployment.snapshotID.text, listed.snapshotName)
            json.named("window", deployment.windowID?.text, listed.windowName)
            json.field("plan", deployment.plan)
            json.field("state", deployment.state.rawValue)
            json.field("reason", deployment.reason)
            json.field("counts", listed.counts)
            json.field(
                "orders",
                DeploymentOrder.allCases.filter { $0.isTaken(by: deployment.state, listed.counts) }
                    .map(\.rawValue))
            json.array("groups") { json in
                for (number, (step, counts)) in steps.enumerated() {
                    write(step, number, counts, to: &json)
                }
            }
            json.field("createdAt", deployment.createdAt)
            json.field("createdBy", deployment.createdBy)
            json.field("warnings", deployment.warnings)
            json.field("startedAt", deployment.startedAt)
            json.field("finishedAt", deployment.finishedAt)
        }
    }

    private func write(
        _ step: DeploymentStep, _ number: Int, _ counts: RolloutCounts,
        to json: inout JSONWriter
    ) {
        let soak = Duration.seconds(listed.deployment.plan.soakSeconds)
        json.object { json in
            json.field("number", number)
            json.field("name", step.name)
            json.field("state", step.state.rawValue)
            json.field("verdict", step.verdict.word)
            json.field("reason", step.verdict.reason)
            json.field("counts", counts)
            json.field("startedAt", step.startedAt)
            json.field("settledAt", step.settledAt)
            json.field("soakUntil", step.settledAt.map { $0 + soak })
            json.field("finishedAt", step.finishedAt)
        }
    }
}

extension Deployment.State {
    static var words: [String] { allCases.map(\.rawValue) }
}

package struct DeploymentDeviceView: APIView {
    let listed: DeploymentStore.ListedDevice
    package init(_ listed: DeploymentStore.ListedDevice) { self.listed = listed }

    package static var schema: Schema {
        .object(
            "DeploymentDevice",
            [
                .field("deviceId", .identifier), .field("name", .text), .field("group", .integer),
                .field("state", .words(DeploymentDevice.State.allCases.map(\.rawValue))),
                .field("text", .optional(.text)), .field("attempts", .integer),
                .field("former", .optional(.named)), .field("changedAt", .time),
                .field("sentAt", .optional(.time)), .field("fetchedAt", .optional(.time)),
                .field("doneAt", .optional(.time)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        let device = listed.device
        json.object { json in
            json.field("deviceId", device.id)
            json.field("name", listed.name)
            json.field("group", device.step)
            json.field("state", device.state.rawValue)
            json.field("text", device.text)
            json.field("attempts", device.attempts)
            json.named("former", device.formerSnapshotID?.text, listed.formerName)
            json.field("changedAt", device.changedAt)
            json.field("sentAt", device.sentAt)
            json.field("fetchedAt", device.fetchedAt)
            json.field("doneAt", device.doneAt)
        }
    }
}

struct MakeDeployment: APIBody {
    let application: Application.ID
    let snapshot: Snapshot.ID
    let groups: [DeviceGroup.ID]
    let devices: [Device.ID]
    let plan: RolloutPlan
    let window: MaintenanceWindow.ID?
    let name: Name<Deployment>?
    let needsApproval: Bool

    static var schema: Schema {
        .object(
            "MakeDeployment",
            [
                .field("applicationId", .identifier), .field("snapshotId", .identifier),
                .field("groupIds", .list(.identifier), optional: true),
                .field("deviceIds", .list(.identifier), optional: true),
                .field("plan", .anything, optional: true),
                .field("windowId", .optional(.identifier), optional: true),
                .field("name", .optional(.text), optional: true),
                .field("needsApproval", .boolean, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        application = try json.id("applicationId")
        snapshot = try json.id("snapshotId")
        groups = try json.ids("groupIds") ?? []
        devices = try json.ids("deviceIds") ?? []
        let wanted = try RolloutPlan(json: try json.optionalObject("plan") ?? JSONObject())
        do throws(ValidationFault) { plan = try wanted.validated() } catch {
            throw JSONFieldError(field: "plan", reason: error.reason)
        }
        window = try json.optionalID("windowId")
        name = try json.optionalValidated("name", Name<Deployment>.init(validating:))
        needsApproval = try json.optionalBool("needsApproval") ?? false
        guard !groups.isEmpty || !devices.isEmpty else {
            throw JSONFieldError(field: "groupIds", reason: "or deviceIds must name somebody")
        }
    }
}
