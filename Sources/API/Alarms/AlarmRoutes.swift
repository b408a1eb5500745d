import Basics
import Domain
import HTTP
package import Site
package import Store

/// What is wrong, since when, and who knows.
package struct AlarmRoutes: Resource {
    private let stores: Stores
    private let bus: EventBus

    package init(stores: Stores, bus: EventBus) {
        self.stores = stores
        self.bus = bus
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/alarms", .anywhere(.alarmRead), "List alarms",
                query: ["open", "object"], list),
            Route(
                .post, "/api/v1/alarms/{alarm}/acknowledge", .needs(.alarmAcknowledge),
                "Say that somebody takes care of it", acknowledge),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<AlarmView>> {
        var filter = AlarmStore.Filter(object: context.query("object"))
        switch context.query("open") {
        case nil: break
        case "true": filter.open = true
        case "false": filter.open = false
        default: throw .invalid("open", "must be true or false")
        }
        let visible = try await Visibility(
            .alarmRead, for: context.caller, in: stores.applications)
        if visible.teams != nil || visible.applications != nil {
            filter.visible = .init(
                teams: visible.teams ?? [], applications: visible.applications ?? [])
        }
        let (narrowed, request) = (filter, try context.page())
        return Found(
            PageView(
                try await stored { () async throws(StoreError) in
                    try await stores.alarms.list(narrowed, request).map(AlarmView.init)
                }))
    }

    private func acknowledge(_ context: RequestContext) async throws(Problem) -> Found<AlarmView> {
        let id: Alarm.ID = try context.id("alarm")
        let view = AlarmView(
            try await stored { () async throws(StoreError) in
                try await stores.alarms.acknowledge(id, by: context.actor)
            })
        bus.publish("alarms") { view.json }
        return Found(view)
    }
}
