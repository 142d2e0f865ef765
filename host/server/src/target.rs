//! What a request works on: a namespace, for its owner or as a guest was granted it.

use crate::Shared;
use crate::failure::Failure;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use larder_store::Namespace;
use serde::Deserialize;
use std::sync::Arc;

/// The namespace of a request, and what may be done to it.
pub(crate) struct Target {
    namespace: Namespace,
    read_only: bool,
    /// Whether it is a guest who asks, who is told nothing of the host.
    pub(crate) is_guests: bool,
}

#[derive(Deserialize)]
struct Scope {
    #[serde(default)]
    scope: String,
}

impl Target {
    pub(crate) fn reading(&self) -> &Namespace {
        &self.namespace
    }

    pub(crate) fn writing(&self) -> Result<&Namespace, Failure> {
        if self.read_only { Err(Failure::access_denied()) } else { Ok(&self.namespace) }
    }
}

impl FromRequestParts<Arc<Shared>> for Target {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let parameters = parameters(parts, shared).await?;
        let named = |wanted| {
            let mut found = parameters.iter().filter(move |(name, _)| *name == wanted);
            found.next().map(|(_, value)| value)
        };
        if let Some(binding) = named("binding") {
            let (namespace, read_only) =
                shared.bindings.get(binding).ok_or_else(Failure::no_such_binding)?;
            return Ok(Self { namespace, read_only, is_guests: true });
        }
        let id = named("id").unwrap_or_default();
        let Query(Scope { scope }) = Query::from_request_parts(parts, shared).await?;
        let namespace = namespace(shared, id).await?;
        let namespace = if scope.is_empty() { namespace } else { namespace.scoped(&scope)? };
        Ok(Self { namespace, read_only: false, is_guests: false })
    }
}

/// The namespace of that id.
pub(crate) async fn namespace(shared: &Shared, id: &str) -> Result<Namespace, Failure> {
    let namespace = shared.larder.namespace_by_id(id).await?;
    namespace.ok_or_else(|| Failure::no_such_namespace(id))
}

/// The key that a request's path ends in, decoded once.
pub(crate) struct KeyInPath(pub(crate) String);

impl FromRequestParts<Arc<Shared>> for KeyInPath {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let parameters = parameters(parts, shared).await?;
        let key = parameters.iter().find(|(name, _)| *name == "key");
        Ok(Self(key.map(|(_, key)| key.to_owned()).unwrap_or_default()))
    }
}

async fn parameters(parts: &mut Parts, shared: &Arc<Shared>) -> Result<RawPathParams, Failure> {
    let parameters = RawPathParams::from_request_parts(parts, shared).await;
    parameters.map_err(|_| Failure::invalid("the path is not UTF-8"))
}
