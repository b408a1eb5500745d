import Basics
package import Domain
package import Store

/// Alarms of deployments in the store of alarms.
package struct StoredRolloutAlarms: RolloutAlarms {
    private let alarms: AlarmStore
    private let bus: EventBus
    private let log = Log("rollout")

    package init(stores: Stores, bus: EventBus) {
        alarms = stores.alarms
        self.bus = bus
    }

    package func raise(_ text: String, on deployment: Deployment) async {
        do throws(StoreError) {
            let (alarm, isNews) = try await alarms.raise(
                .deploymentStopped, on: deployment.reference, at: deployment.path,
                text: "The deployment “\(deployment.name)” stopped: \(text)")
            if isNews { bus.publish("alarms") { alarm.liveJSON } }
        } catch { log.error("The alarm of the deployment \(deployment.id) is lost: \(error)") }
    }

    package func clear(on deployment: Deployment) async {
        do throws(StoreError) {
            let alarm = try await alarms.clear(.deploymentStopped, on: deployment.reference)
            if let alarm { bus.publish("alarms") { alarm.liveJSON } }
        } catch { log.error("The alarm of the deployment \(deployment.id) stays: \(error)") }
    }
}
