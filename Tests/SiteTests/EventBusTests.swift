import Site
import Testing

@Suite("Event bus", .timeLimit(.minutes(10))) struct EventBusTests {
    @Test("Who listens hears what is said on its topic, in order")
    func order() async throws {
        let bus = EventBus()
        let subscription = bus.subscribe("a")
        bus.publish(topic: "b", payload: [9])
        for number in 1...3 { bus.publish(topic: "a", payload: [UInt8(number)]) }
        for number in 1...3 { #expect(await subscription.next()?.payload == [UInt8(number)]) }
        subscription.cancel()
        #expect(await subscription.next() == nil)
        #expect(bus.topicCount == 0)
    }

    @Test("A slow listener loses the oldest and learns how many")
    func bounded() async {
        let bus = EventBus()
        let subscription = bus.subscribe("a", limit: 2)
        for number in 1...5 { bus.publish(topic: "a", payload: [UInt8(number)]) }
        let first = await subscription.next()
        #expect(first?.payload == [4] && first?.missed == 3)
        let second = await subscription.next()
        #expect(second?.payload == [5] && second?.missed == 0)
        subscription.cancel()
    }

    @Test("A payload is not made where nobody listens")
    func lazy() {
        let bus = EventBus()
        bus.publish("a") {
            Issue.record("made for nobody")
            return []
        }
    }

    @Test("A listener whose task is cancelled ends and is forgotten")
    func cancelled() async {
        let bus = EventBus()
        let subscription = bus.subscribe("a")
        let task = Task {
            var count = 0
            for await _ in subscription { count += 1 }
            return count
        }
        bus.publish(topic: "a", payload: [1])
        task.cancel()
        #expect(await task.value <= 1)
        #expect(bus.topicCount == 0)
    }
}
