import { Hono } from 'hono';

const app = new Hono<{ Bindings: Env }>();

app.get('/', async (c) => {
  const visits = Number(await c.env.KV.get('visits')) + 1;
  await c.env.KV.put('visits', String(visits));
  return c.text(`Hello! This is visit ${visits}.\n`);
});

export default app;
