//! Traces: spans of requests and publications, and of the parts that they have.
//!
//! A span is where the work is: what is done [within](Span::enter) one has it as its parent, on threads of
//! [`workers`](crate::workers) too, since they run what is [`carried`]. Where nothing is traced there is no span, and
//! asking for one is a look at a static.

use super::{collector::Collector, settings::Sampler};
use opentelemetry::{
    Context, ContextGuard, KeyValue, Value,
    trace::{Link, SpanBuilder, SpanKind, Status, TraceContextExt, TraceId, Tracer, TracerProvider},
};
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{
        Sampler as Rule, SamplingDecision, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample,
        SpanData, SpanExporter,
    },
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::OnceLock,
};
use tracing::span;

/// Of the process: whatever is done may be a part of what is traced.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Traces from now on. Finished spans wait for `collector` in a bounded queue on a thread of their own; what finds no room
/// there is dropped.
pub fn start(collector: Collector, resource: Resource, sampler: Sampler) -> SdkTracerProvider {
    let outlet = Outlet { collector, resource: (&resource).into() };
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(outlet);
    let provider = match sampler {
        Sampler::Environment => provider,
        Sampler::Share(share) => {
            let heads = Box::new(Heads(Rule::TraceIdRatioBased(share)));
            provider.with_sampler(Rule::ParentBased(heads))
        }
    };
    let provider = provider.build();
    // Only the first of a process traces.
    let _first = TRACER.set(provider.tracer("plantiles"));
    provider
}

/// A span, over when it is dropped; of what is not traced, nothing.
#[derive(Debug, Default)]
pub struct Span(Option<Recorded>);

#[derive(Debug)]
struct Recorded {
    context: Context,
    /// What log lines have of it: the trace, where that begins here.
    logged: span::Span,
}

impl Span {
    /// Of a request that is a part of `parent`; sampling may leave it out.
    pub fn request(parent: &Context) -> Self {
        Self::build(SpanBuilder::from_name("request").with_kind(SpanKind::Server), parent)
    }

    /// Whether requests are traced at all, so that what a span of one needs is worth finding out.
    pub fn are_traced() -> bool {
        TRACER.get().is_some()
    }

    /// Of what nobody asked for, a publication: the first of its trace.
    pub fn first(name: &'static str) -> Self {
        Self::build(SpanBuilder::from_name(name), &Context::new())
    }

    /// A part of what this thread is at now.
    pub fn part(name: &'static str) -> Self {
        match current() {
            None => Self(None),
            Some(parent) => Self::build(SpanBuilder::from_name(name), &parent),
        }
    }

    /// The same of something asked of another server, such as the database.
    pub fn call(name: &'static str) -> Self {
        match current() {
            None => Self(None),
            Some(parent) => Self::build(SpanBuilder::from_name(name).with_kind(SpanKind::Client), &parent),
        }
    }

    fn build(builder: SpanBuilder, parent: &Context) -> Self {
        let Some(tracer) = TRACER.get() else { return Self(None) };
        let span = tracer.build_with_context(builder, parent);
        if !opentelemetry::trace::Span::is_recording(&span) {
            return Self(None);
        }
        let context = parent.with_span(span);
        let begins_here = !parent.has_active_span() || parent.span().span_context().is_remote();
        let logged = match begins_here {
            true => tracing::info_span!("trace", id = %context.span().span_context().trace_id()),
            false => span::Span::none(),
        };
        Self(Some(Recorded { context, logged }))
    }

    /// Names it, once it is known to be there.
    pub fn name(&self, name: String) {
        if let Some(Recorded { context, .. }) = &self.0 {
            context.span().update_name(name);
        }
    }

    /// Notes `value` on it, which is asked for only where there is a span.
    pub fn note<V: Into<Value>>(&self, key: &'static str, value: impl FnOnce() -> V) {
        if let Some(Recorded { context, .. }) = &self.0 {
            context.span().set_attribute(KeyValue::new(key, value()));
        }
    }

    /// Notes that it failed. Why is for the log.
    pub fn fail(&self) {
        if let Some(Recorded { context, .. }) = &self.0 {
            context.span().set_status(Status::error(""));
        }
    }

    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// What this thread does is a part of it, until what it gives is dropped.
    #[must_use]
    pub fn enter(&self) -> Option<(ContextGuard, span::Entered<'_>)> {
        let Recorded { context, logged } = self.0.as_ref()?;
        Some((context.clone().attach(), logged.enter()))
    }

    /// What `work` gives, done as a part of it.
    pub fn during<'a, F: Future>(
        &'a self,
        mut work: Pin<&'a mut F>,
    ) -> impl Future<Output = F::Output> + use<'a, F> {
        poll_fn(move |context| {
            let _within = self.enter();
            work.as_mut().poll(context)
        })
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        // Work that goes on elsewhere may still hold its context.
        if let Some(Recorded { context, .. }) = &self.0 {
            context.span().end();
        }
    }
}

/// What this thread is at, if that is traced.
fn current() -> Option<Context> {
    TRACER.get()?;
    Context::map_current(|context| context.has_active_span().then(|| context.clone()))
}

/// Notes `value` on the span that this thread is at, if there is one.
pub fn note<V: Into<Value>>(key: &'static str, value: impl FnOnce() -> V) {
    if let Some(context) = current() {
        context.span().set_attribute(KeyValue::new(key, value()));
    }
}

/// `work` for another thread, there a part of what this one is at.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = current();
    move || {
        let _within = context.map(Context::attach);
        work()
    }
}

/// Samples what begins a trace: requests by a rule, and all else.
#[derive(Debug, Clone)]
struct Heads(Rule);

impl ShouldSample for Heads {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        match kind {
            SpanKind::Server => self.0.should_sample(parent, trace, name, kind, attributes, links),
            _ => SamplingResult {
                decision: SamplingDecision::RecordAndSample,
                attributes: vec![],
                trace_state: Default::default(),
            },
        }
    }
}

/// Where finished spans go, on the thread of the queue.
#[derive(Debug)]
struct Outlet {
    collector: Collector,
    resource: ResourceAttributesWithSchema,
}

impl SpanExporter for Outlet {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        let resource_spans = group_spans_by_resource_and_scope(spans, &self.resource);
        match self.collector.send(&ExportTraceServiceRequest { resource_spans }) {
            true => Ok(()),
            false => Err(OTelSdkError::InternalFailure("not taken".into())),
        }
    }
}
