import Basics
package import Domain
import HTTP
package import Site
package import Store

/// A change of an instance as one listener sees it: with the URLs of the host that it called and
/// with what it may do there.
package struct InstanceFeed: LiveFeed {
    private let instances: InstanceStore
    private let maker: InstanceViewMaker

    package init(instances: InstanceStore, maker: InstanceViewMaker) {
        self.instances = instances
        self.maker = maker
    }

    package func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]? {
        // An instance that is gone by now has nothing to show.
        guard let text = (try? JSONReader.read(message.payload))?["id"]?.string,
            let id = Instance.ID(text), let instance = try? await instances.get(id),
            caller.may(.instanceRead, at: instance.path)
        else { return nil }
        return try? await maker.view(instance, for: caller, called: called).json
    }
}

/// A change of an alarm, for those who may see the object that it is about.
package struct AlarmFeed: LiveFeed {
    private let scopes: ScopeResolver

    package init(scopes: ScopeResolver) { self.scopes = scopes }

    package func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]? {
        guard let id = (try? JSONReader.read(message.payload))?["id"]?.string,
            let path = try? await scopes.path(of: ["alarm": id]),
            caller.may(.alarmRead, at: path)
        else { return nil }
        return message.payload
    }
}
